"""What the Jobs API is asked and how its refusals are told; a real cluster is in tests/resources."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from vpd.distill.cluster.ray_jobs import RayCluster
from vpd.errors import ConfigError


class PageServer(HTTPServer):
    """Answers everything with one code and page, and keeps what it was asked with."""

    code, page, tokens = 200, "<html>Log in</html>", ()


class _Handler(BaseHTTPRequestHandler):
    server: PageServer

    def do_GET(self) -> None:
        self.server.tokens = (*self.server.tokens, self.headers["Authorization"])
        self.send_response(self.server.code)
        self.end_headers()
        self.wfile.write(self.server.page.encode())

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
