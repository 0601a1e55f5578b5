"""A local OpenAI-compatible endpoint that answers, counts and misbehaves on demand."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from vpd.sampling.client import HttpChatEndpoint

Behaviour = Callable[[dict[str, Any]], tuple[int, dict[str, str], bytes]]


def good_answer(payload: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    question = payload["messages"][-1]["content"]
    choices = [
        {
            "index": i,
            "finish_reason": "stop",
            "message": {"content": f"def execute_command(image):\n    return {question!r}, {i}"},
            "logprobs": {"content": [{"logprob": -0.5}, {"logprob": -1.5}]},
        }
        for i in range(payload["n"])
    ]
    return 200, {}, json.dumps({"choices": choices}).encode()


class ChatServer:
    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.samples_asked: Counter[str] = Counter()
        self.headers_seen: list[dict[str, str]] = []
        self.script: list[Behaviour] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._send(200, {}, b"{}")

            def do_POST(self) -> None:
                payload = json.loads(self.rfile.read(int(self.headers["content-length"])))
                question = payload["messages"][-1]["content"]
                outer.asked[question] += 1
                outer.samples_asked[question] += payload["n"]
                outer.headers_seen.append(dict(self.headers))
                behaviour = outer.script.pop(0) if outer.script else good_answer
                self._send(*behaviour(payload))

            def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
                if status == 0:  # drop the connection without an answer
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in {**headers, "content-length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                return

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def close(self) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


@pytest.fixture
def server() -> Iterator[ChatServer]:
    chat = ChatServer()
    yield chat
    chat.close()


@pytest.fixture
def endpoint(server: ChatServer) -> Iterator[HttpChatEndpoint]:
    http = HttpChatEndpoint(server.url, pause=0.0)
    yield http
    http.close()
