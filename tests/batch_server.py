"""A local Batch API: files, batches that are over when they are made, and failures on demand."""

import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.chat_server import Behaviour, Reply, good_answer

LOST = 0
"""The status of an answer that never arrives."""


class BatchServer:
    """`behaviour` answers each line; a batch ends with `ends`, which leaves lines from `ready` on undone.

    `script` holds statuses by "METHOD /path" for the next requests there; LOST does what was asked and drops
    the connection. `on_create` is called when a batch is made, before anybody knows of it.
    """

    def __init__(self) -> None:
        self.behaviour: Behaviour = good_answer
        self.ends = "completed"
        self.ready = 1_000_000
        self.script: dict[str, list[int]] = {}
        self.on_create: Callable[[], None] = lambda: None
        self.keeps_metadata = True
        self.most_listed = 100
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.asked: Counter[str] = Counter()
        self.headers_seen: list[dict[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def do_GET(self) -> None:
                outer._serve(self, b"")

            def do_POST(self) -> None:
                outer._serve(self, self._body())

            def _body(self) -> bytes:
                if "content-length" in self.headers:
                    return self.rfile.read(int(self.headers["content-length"]))
                chunks = []
                while size := int(self.rfile.readline(), 16):
                    chunks.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(chunks)

            def log_message(self, *_: Any) -> None:
                return

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: Any) -> None:
                return  # a client that was killed

        self.http = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def _serve(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        path = urlsplit(handler.path).path.removeprefix("/v1")
        place = f"{handler.command} {re.sub('/(file|batch)-[0-9]+', '/ID', path)}"
        self.asked[place] += 1
        self.headers_seen.append(dict(handler.headers))
        script = self.script.get(place, [])
        wanted = script.pop(0) if script else 200
        if wanted in (200, LOST):
            status, _, answer = self._answer(handler, place, path, body)
        else:
            status, answer = wanted, handler.headers.get("authorization", "").encode()
        length = len(answer)
        if wanted == LOST:
            answer = answer[: length // 2]
            handler.close_connection = True
        handler.send_response(status)
        handler.send_header("content-length", str(length))
        handler.end_headers()
        handler.wfile.write(answer)

    def _answer(self, handler: BaseHTTPRequestHandler, place: str, path: str, body: bytes) -> Reply:
        name = path.split("/")[2] if path.count("/") > 1 else ""
        if place == "POST /files":
            return _json(self._keep(_uploaded(handler.headers["content-type"], body)))
        if place == "POST /batches":
            return _json(self._create(json.loads(body)))
        if place == "GET /batches":
            return _json(self._listed(parse_qs(urlsplit(handler.path).query)))
        if place == "GET /batches/ID" and name in self.batches:
            return _json(self.batches[name])
        if place == "GET /files/ID/content" and name in self.files:
            return 200, {}, self.files[name]
        return 404, {}, b"no such thing"

    def _keep(self, data: bytes) -> dict[str, Any]:
        name = f"file-{len(self.files)}"
        self.files[name] = data
        return {"id": name, "object": "file", "purpose": "batch"}

    def _listed(self, query: dict[str, list[str]]) -> dict[str, Any]:
        newest = list(self.batches.values())[::-1]
        ids = [batch["id"] for batch in newest]
        start = ids.index(query["after"][0]) + 1 if "after" in query else 0
        end = start + min(int(query["limit"][0]), self.most_listed)
        return {"object": "list", "data": newest[start:end], "has_more": end < len(newest)}

    def _create(self, asked: dict[str, Any]) -> dict[str, Any]:
        batch = {
            "id": f"batch-{len(self.batches)}",
            "object": "batch",
            "endpoint": asked["endpoint"],
            "input_file_id": asked["input_file_id"],
            "status": self.ends,
            "metadata": asked["metadata"] if self.keeps_metadata else None,
            **self._run(self.files[asked["input_file_id"]]),
        }
        self.batches[batch["id"]] = batch
        self.on_create()
        return batch

    def _run(self, data: bytes) -> dict[str, Any]:
        if self.ends == "failed":
            return {"errors": {"data": [{"code": "invalid_json_line", "line": 1}]}}
        asked = [json.loads(line) for line in data.splitlines()]
        if self.ends == "in_progress":
            return {"request_counts": {"total": len(asked), "completed": 0, "failed": 0}}
        results = [self._result(i, line) for i, line in enumerate(asked)]
        good = [r for r in results if r["response"] and r["response"]["status_code"] == 200]
        bad = [r for r in results if r not in good]
        return {
            "output_file_id": self._results(good),
            "error_file_id": self._results(bad),
            "request_counts": {"total": len(asked), "completed": len(good), "failed": len(bad)},
        }

    def _result(self, place: int, line: dict[str, Any]) -> dict[str, Any]:
        if place >= self.ready:
            error = {"code": "batch_expired", "message": "its time was over"}
            return {"custom_id": line["custom_id"], "response": None, "error": error}
        status, _, body = self.behaviour(line["body"])
        response = {"status_code": status, "request_id": f"req-{place}", "body": json.loads(body or b"{}")}
        return {"custom_id": line["custom_id"], "response": response, "error": None}

    def _results(self, results: list[dict[str, Any]]) -> str | None:
        if not results:
            return None
        return str(self._keep("".join(json.dumps(r) + "\n" for r in results).encode())["id"])

    def close(self) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


def _json(value: dict[str, Any]) -> Reply:
    return 200, {}, json.dumps(value).encode()


def _uploaded(content_type: str, body: bytes) -> bytes:
    """The file in a multipart body that also says what it is for."""
    parts = body.split(b"--" + content_type.split("boundary=")[1].encode())[1:-1]
    fields = dict(part.removeprefix(b"\r\n").split(b"\r\n\r\n", 1) for part in parts)
    [purpose] = [data for head, data in fields.items() if b'name="purpose"' in head]
    assert purpose == b"batch\r\n"
    [file] = [data for head, data in fields.items() if b'name="file"' in head]
    return file.removesuffix(b"\r\n")
