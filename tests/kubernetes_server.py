"""A made Kubernetes API server: Jobs, Services and logs of pods in memory, as much as kubectl asks for.

It keeps what it is given and runs nothing; a test says how a Job stands and what its pods printed.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Object = dict[str, Any]
_KINDS = {"/apis/batch/v1": {"jobs": "Job"}, "/api/v1": {"services": "Service", "pods": "Pod"}}


class ApiServer(ThreadingHTTPServer):
    """`objects` by kind and name; `logs` by pod; `asked` is every request that changed something."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, dict[str, Object]] = {"jobs": {}, "services": {}, "pods": {}}
        self.logs: dict[str, str] = {}
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def end_job(self, name: str, kind: str, message: str = "") -> None:
        """Let a Job end as Complete or Failed."""
        condition = {"type": kind, "status": "True", "reason": "BackoffLimitExceeded", "message": message}
        self.objects["jobs"][name]["status"] = {"conditions": [condition]}

    def start_pod(self, job: str, name: str, log: str) -> None:
        """Add a pod of a Job that has printed something."""
        containers = [{"name": "ranks", "image": "i"}]
        metadata = {"name": name, "namespace": "ns", "labels": {"batch.kubernetes.io/job-name": job}}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": containers}}
        self.objects["pods"][name] = pod | {"status": {"phase": "Running"}}
        self.logs[name] = log


@contextmanager
def serving() -> Iterator[ApiServer]:
    """Run a server for the time of the block."""
    server = ApiServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: ApiServer

    def do_GET(self) -> None:
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        if "/namespaces/ns/" not in path:
            self._answer(_discovery(path))
            return
        kind, name, sub = _place(path)
        if sub == "log":
            self._answer(self.server.logs[name])
        elif name:
            self._answer(self.server.objects[kind].get(name))
        else:
            self._answer(self._list(kind, query))

    def do_POST(self) -> None:
        kind, _, _ = _place(urlsplit(self.path).path)
        created = self._body()
        name = created["metadata"]["name"]
        self.server.asked.append(f"create {kind} {name}")
        created["metadata"]["uid"] = f"uid-of-{name}"
        self.server.objects[kind][name] = created
        self._answer(created, 201)

    def do_DELETE(self) -> None:
        kind, name, _ = _place(urlsplit(self.path).path)
        options = self._body()
        gone = self.server.objects[kind].pop(name, None)
        if gone is not None:
            self.server.asked.append(f"delete {kind} {name} {options['propagationPolicy']}")
        self._answer(gone and {"apiVersion": "v1", "kind": "Status", "status": "Success"})

    def log_message(self, format: str, *args: object) -> None:
        """Be quiet."""

    def _list(self, kind: str, query: dict[str, list[str]]) -> Object:
        items = list(self.server.objects[kind].values())
        for selector in query.get("labelSelector", []):
            label, value = selector.split("=")
            items = [item for item in items if item["metadata"]["labels"].get(label) == value]
        for selector in query.get("fieldSelector", []):
            items = [item for item in items if selector == f"metadata.name={item['metadata']['name']}"]
        version = "batch/v1" if kind == "jobs" else "v1"
        metadata = {"resourceVersion": "1"}
        return {"apiVersion": version, "kind": _kind(kind) + "List", "metadata": metadata, "items": items}

    def _body(self) -> Object:
        return dict(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, value: Object | str | None, code: int = 200) -> None:
        if value is None:
            code = 404
            value = {"apiVersion": "v1", "kind": "Status", "status": "Failure", "reason": "NotFound"}
            value |= {"message": f"{self.path} not found", "code": 404}
        text = value if isinstance(value, str) else json.dumps(value)
        self.send_response(code)
        self.send_header("Content-Type", "text/plain" if isinstance(value, str) else "application/json")
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())


def _place(path: str) -> tuple[str, str, str]:
    """Return kind, name and subresource of a path; empty where there is none."""
    parts = [*path.split("/namespaces/ns/")[1].split("/"), "", ""]
    return parts[0], parts[1], parts[2]


def _kind(plural: str) -> str:
    return next(kinds[plural] for kinds in _KINDS.values() if plural in kinds)


def _discovery(path: str) -> Object | None:
    """Return what there is: the groups, the kinds of each, and that fields are checked by the server."""
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        version = {"groupVersion": "batch/v1", "version": "v1"}
        group = {"name": "batch", "versions": [version], "preferredVersion": version}
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [group]}
    if path == "/api/v1/namespaces/ns":
        return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ns"}}
    if path == "/version":
        return {"major": "1", "minor": "32", "gitVersion": "v1.32.4"}
    if path == "/openapi/v3":
        return {"paths": {p[1:]: {"serverRelativeURL": f"/openapi/v3{p}"} for p in _KINDS}}
    if path.startswith("/openapi/v3/"):
        return _open_api(path.removeprefix("/openapi/v3"))
    if path not in _KINDS:
        return None
    verbs = ["create", "delete", "get", "list", "watch"]
    kinds = [
        {"name": n, "singularName": k.lower(), "namespaced": True, "kind": k, "verbs": verbs}
        for n, k in _KINDS[path].items()
    ]
    group = path.removeprefix("/apis/").removeprefix("/api/")
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group, "resources": kinds}


def _open_api(path: str) -> Object:
    group = "batch" if path.startswith("/apis") else ""
    checked = [{"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}]
    paths = {
        f"{path}/namespaces/{{namespace}}/{plural}/{{name}}": {
            "patch": {
                "parameters": checked,
                "responses": {},
                "x-kubernetes-group-version-kind": {"group": group, "version": "v1", "kind": kind},
            }
        }
        for plural, kind in _KINDS[path].items()
    }
    return {"openapi": "3.0.0", "info": {"title": "made", "version": "1"}, "paths": paths}
