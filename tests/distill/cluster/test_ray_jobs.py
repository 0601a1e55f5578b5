"""What the Jobs API is asked and how its refusals are told; a real cluster is in tests/resources."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from vpd.distill.cluster.ray_jobs import RayCluster
from vpd.errors import ConfigError


class PageServer(HTTPServer):
    """Answers everything with one code and page, and keeps what it was asked with.

    Jobs that are handed in get the answers in `jobs` instead, one after the other.
    """

    code, page, tokens = 200, "<html>Log in</html>", ()
    jobs: "list[tuple[int, str]]"


class _Handler(BaseHTTPRequestHandler):
    server: PageServer

    def do_GET(self) -> None:
        self.server.tokens = (*self.server.tokens, self.headers["Authorization"])
        self._answer(self.server.code, self.server.page)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(*self.server.jobs.pop(0))

    def _answer(self, code: int, page: str) -> None:
        self.send_response(code)
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Be quiet."""


@pytest.fixture
def server() -> Iterator[PageServer]:
    with PageServer(("127.0.0.1", 0), _Handler) as pages:
        thread = threading.Thread(target=pages.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield pages
        pages.shutdown()
        thread.join()


@pytest.mark.parametrize(("code", "page"), [(200, "<html>"), (401, "no token"), (404, "no jobs"), (500, "")])
def test_submit_to_what_is_no_job_server_is_refused_without_telling_the_token(
    job, server, monkeypatch, code, page
):
    server.code, server.page = code, page
    monkeypatch.setenv("RAY_AUTH_TOKEN", "ray-secret")
    with pytest.raises(ConfigError, match="ray start --head") as raised:
        RayCluster(f"http://127.0.0.1:{server.server_port}").submit(job)
    assert server.tokens == ("Bearer ray-secret",)
    assert "ray-secret" not in str(raised.value)


def test_submit_takes_the_token_of_a_file_that_the_environment_names(job, server, monkeypatch, tmp_path):
    monkeypatch.delenv("RAY_AUTH_TOKEN", raising=False)
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(tmp_path / "token"))
    with pytest.raises(ConfigError, match="RAY_AUTH_TOKEN_PATH"):
        RayCluster(f"http://127.0.0.1:{server.server_port}").submit(job)
    (tmp_path / "token").write_text("from-a-file\n")
    server.code, server.page = 401, ""
    with pytest.raises(ConfigError):
        RayCluster(f"http://127.0.0.1:{server.server_port}").submit(job)
    assert server.tokens == ("Bearer from-a-file",)


BUSY = (500, "Traceback: Exception: No available agent to submit job, please try again later.")


def test_submit_to_a_job_server_that_says_later_asks_again_until_it_takes_the_job(job, server):
    server.page, server.jobs = "[]", [BUSY, BUSY, (200, "{}")]
    submitted = RayCluster(f"http://127.0.0.1:{server.server_port}").submit(job)
    assert submitted.name.startswith(job.name)
    assert server.jobs == []


def test_submit_to_a_job_server_that_always_says_later_ends_in_time(job, server):
    server.page, server.jobs = "[]", [BUSY] * 5
    with pytest.raises(ConfigError, match="try again later"):
        RayCluster(f"http://127.0.0.1:{server.server_port}", server_seconds=0.4).submit(job)
    assert 0 < len(server.jobs) < 5


def test_submit_to_a_job_server_that_is_not_up_yet_waits_for_it(job):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    submitted = []
    waiting = threading.Thread(
        target=lambda: submitted.append(RayCluster(f"http://127.0.0.1:{port}").submit(job))
    )
    waiting.start()
    waiting.join(0.2)  # time to find nobody
    with PageServer(("127.0.0.1", port), _Handler) as late:
        late.page, late.jobs, late.timeout = "[]", [(200, "{}")], 30
        late.handle_request()  # which jobs are left from before
        late.handle_request()  # the job
    waiting.join()
    assert len(submitted) == 1
