import hashlib
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.chat_server import chat_request
from vpd.chat import embedded
from vpd.chat.embedded import SAMPLER_MODEL, EmbeddedEndpoint, find_model
from vpd.errors import EndpointError, ModelFileError
from vpd.model_files import Hub, ModelFile


def test_sampler_model_missing_and_hub_offline_says_what_else_can_be_done(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)  # the variable is read on import
    with pytest.raises(ModelFileError, match="VPD_MODEL_DIR") as raised:
        find_model(SAMPLER_MODEL, tmp_path)
    assert "VPD_LLM_URL" in str(raised.value)


CONTENT = b"weights"
MODEL = ModelFile(
    "tiny.gguf", hashlib.sha256(CONTENT).hexdigest(), len(CONTENT), "none", "tests", Hub("x", "x")
)
HOLDER = """
import pathlib, sys, time
from vpd.chat import embedded
embedded.find_model = lambda model, folder: folder / "tiny.gguf"
class Server:
    url = sys.argv[2]
folder, server = pathlib.Path(sys.argv[1]), Server()
endpoint = embedded.EmbeddedEndpoint(folder, 1, serve=lambda *_: server)
endpoint.check()
print("holds", flush=True)
time.sleep(600)
"""


@dataclass
class Fake:
    url: str


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / MODEL.name).write_bytes(CONTENT)
    monkeypatch.setattr(embedded, "SAMPLER_MODEL", MODEL)
    return tmp_path


@pytest.fixture
def open_embedded(folder, server):
    opened = []

    def open_(url=server.url):
        opened.append(EmbeddedEndpoint(folder, 1, serve=lambda *_: Fake(url)))
        return opened[-1]

    yield open_
    for endpoint in opened:
        endpoint.close()


@pytest.fixture
def holder(folder, server):
    """Another process that has the embedded model."""
    command = [sys.executable, "-c", HOLDER, str(folder), server.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"holds\n"
        yield process
        process.kill()


def waits(caplog):
    return [record for record in caplog.records if "waiting" in record.message]


def until(condition):
    while not condition():
        time.sleep(0.01)


def test_embedded_model_is_free_again_when_its_process_is_killed(open_embedded, holder, caplog):
    with ThreadPoolExecutor(1) as thread:
        second = thread.submit(open_embedded().check)
        until(lambda: waits(caplog))
        assert not second.done()
        holder.kill()
        assert holder.wait() == -signal.SIGKILL
        second.result(timeout=60)
    assert len(waits(caplog)) == 1


def test_embedded_endpoint_that_is_closed_stops_waiting(open_embedded, holder, caplog):
    endpoint = open_embedded()
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(endpoint.check)
        until(lambda: waits(caplog))
        endpoint.close()
        with pytest.raises(EndpointError):
            waiting.result(timeout=60)
    assert holder.poll() is None


def test_embedded_model_is_given_to_another_process_when_the_last_of_this_one_is_closed(
    open_embedded, folder, server
):
    first, second = open_embedded(), open_embedded()
    first.check()
    second.check()
    (answer,) = second.complete(chat_request("a?"), [0])
    assert "a?" in answer.text
    command = [sys.executable, "-c", HOLDER, str(folder), server.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert b"waiting" in process.stderr.readline()
        first.close()
        second.close()
        assert process.stdout.readline() == b"holds\n"
        process.kill()


def test_embedded_server_that_does_not_answer_is_an_error_and_may_start_again(open_embedded, monkeypatch):
    monkeypatch.setattr(embedded, "HEALTH_CHECKS", 2)
    monkeypatch.setattr(embedded, "HEALTH_PAUSE", 0.0)
    endpoint = open_embedded("http://127.0.0.1:9/v1")
    for _ in range(2):
        with pytest.raises(EndpointError, match="does not answer"):
            endpoint.check()


def test_embedded_endpoints_of_one_process_share_one_server(folder, server):
    started = []

    def serve(*_):
        started.append(Fake(server.url))
        return started[-1]

    endpoints = [EmbeddedEndpoint(folder, 1, serve=serve) for _ in range(2)]
    for endpoint in endpoints:
        endpoint.check()
        endpoint.check()
    assert len(started) == 1
    for endpoint in endpoints:
        endpoint.close()
