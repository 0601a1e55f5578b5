"""A local OpenAI-compatible endpoint that answers, counts and misbehaves on demand."""

import base64
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import cv2
import numpy as np

from vpd.chat.request import Request

Reply = tuple[int, dict[str, str], bytes]
Behaviour = Callable[[dict[str, Any]], Reply]


def question_of(payload: dict[str, Any]) -> str:
    """The last message's text, or the last line of a raw prompt."""
    if "prompt" in payload:
        return payload["prompt"].splitlines()[-1]
    content = payload["messages"][-1]["content"]
    if isinstance(content, str):
        return content
    return "".join(part["text"] for part in content if part["type"] == "text")


def pictures_of(payload: dict[str, Any]) -> list[np.ndarray]:
    """The decoded pictures, RGB, of the last message."""
    content = payload["messages"][-1]["content"]
    urls = [part["image_url"]["url"] for part in content if isinstance(part, dict) and "image_url" in part]
    files = [np.frombuffer(base64.b64decode(url.split(";base64,")[1]), np.uint8) for url in urls]
    return [cv2.imdecode(file, cv2.IMREAD_COLOR_RGB) for file in files]


def chat_request(question: str, max_tokens: int = 10) -> Request:
    messages = [{"role": "user", "content": question}]
    return Request.of(question, {"model": "m", "messages": messages, "max_tokens": max_tokens})


def answers(
    *texts: str | None,
    logprobs: tuple[float, ...] = (-0.5, -1.5),
    finish: str = "stop",
    usage: object = None,
) -> Reply:
    """A reply with one choice per text, and with usage if it is given."""
    choices = [
        {
            "index": i,
            "finish_reason": finish,
            "message": {"content": text},
            "logprobs": {"content": [{"logprob": p} for p in logprobs]} if logprobs else None,
        }
        for i, text in enumerate(texts)
    ]
    return _completion(choices, usage)


def raw_answers(
    *texts: str, logprobs: tuple[float, ...] = (-0.5, -1.5), finish: str = "stop", usage: object = None
) -> Reply:
    """The same for a raw prompt, as OpenAI's older endpoint gives it."""
    choices = [
        {
            "index": i,
            "finish_reason": finish,
            "text": text,
            "logprobs": {"token_logprobs": list(logprobs)} if logprobs else None,
        }
        for i, text in enumerate(texts)
    ]
    return _completion(choices, usage)


def _completion(choices: list[dict[str, Any]], usage: object) -> Reply:
    return 200, {}, json.dumps({"choices": choices, **({"usage": usage} if usage else {})}).encode()


def fails(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    """Answer with a status; status 0 drops the connection."""
    return lambda payload: (status, headers, body)


def good_answer(payload: dict[str, Any]) -> Reply:
    question = question_of(payload)
    return (raw_answers if "prompt" in payload else answers)(
        *(f"def execute_command(image):\n    return {question!r}, {i}" for i in range(payload["n"]))
    )


class ChatServer:
    """`script` is consumed one request at a time; then `behaviour` answers, after `delay` seconds."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.samples_asked: Counter[str] = Counter()
        self.headers_seen: list[dict[str, str]] = []
        self.payloads: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.times: list[float] = []
        self.script: list[Behaviour] = []
        self.behaviour: Behaviour = good_answer
        self.delay = 0.0
        self.at_once = self.most_at_once = 0
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one packet for headers and body: two would wait for each other

            def do_GET(self) -> None:
                self._send(200, {}, b"{}")

            def do_POST(self) -> None:
                payload = json.loads(self.rfile.read(int(self.headers["content-length"])))
                behaviour = outer._received(payload, dict(self.headers), self.path)
                time.sleep(outer.delay)
                reply = behaviour(payload)
                with outer._lock:
                    outer.at_once -= 1
                self._send(*reply)

            def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
                if status == 0:  # drop the connection without an answer
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in {"content-length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                return

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: Any) -> None:
                return  # a client that was killed

        self.http = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def _received(self, payload: dict[str, Any], headers: dict[str, str], path: str) -> Behaviour:
        with self._lock:
            self.asked[question_of(payload)] += 1
            self.samples_asked[question_of(payload)] += payload["n"]
            self.headers_seen.append(headers)
            self.payloads.append(payload)
            self.paths.append(path)
            self.times.append(time.monotonic())
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            return self.script.pop(0) if self.script else self.behaviour

    def close(self) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()
