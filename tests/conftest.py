import os
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

hypothesis.settings.register_profile("vpd", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("vpd")

TESTS = Path(__file__).parent
LONGEST = (
    "jobs",
    "sampling",
    "distill",
    "execution",
    "resources",
    "tools",
    "evaluation",
    "benchmarks",
    "assets",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give a folder to one worker: its fixtures are made once, its libraries are imported once.

    The folders that take longest come first, so that the workers end together.
    """
    place = {folder: number for number, folder in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(_folder(item), len(place)))
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(_folder(item)))


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(TESTS).parts[0]


@pytest.fixture(scope="session", autouse=True)
def _no_waiting_for_the_disk() -> Iterator[None]:
    """Leave out fsync, which takes milliseconds a file: no test cuts the power."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        yield


@pytest.fixture(scope="session")
def s3_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real S3 server on loopback with a bucket named `vpd`."""
    import boto3

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        folder = tmp_path_factory.mktemp("ministack")
        env = {**os.environ, "GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1"}
        binary = Path(sys.executable).with_name("ministack")
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen([binary], env=env, cwd=folder, stdout=log, stderr=log)
        try:
            endpoint = f"http://127.0.0.1:{port}"
            _wait_until_up(endpoint, server)
            boto3.client("s3", endpoint_url=endpoint).create_bucket(Bucket="vpd")
            yield endpoint
        finally:
            server.terminate()
            server.wait(20)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's tables, made once: that takes seconds, a copy does not."""
    from vpd.evaluation.tracking import Tracking

    path = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    Tracking(f"sqlite:///{path}").client().search_experiments()
    return path


def _wait_until_up(endpoint: str, server: "subprocess.Popen[bytes]") -> None:
    tick = threading.Event()
    for _ in range(600):
        assert server.poll() is None, "ministack ended"
        try:
            urllib.request.urlopen(endpoint, timeout=2).close()
            return
        except OSError as error:
            if hasattr(error, "code"):  # an HTTP error is an answer
                error.close()
                return
            tick.wait(0.1)
    pytest.fail("ministack did not start in a minute")


@pytest.fixture(autouse=True)
def _no_dagster_storage_left_behind() -> Iterator[None]:
    """Hide from a test the storage of a Dagster instance that another test's fixture has closed.

    Instances that are not closed in reverse order leave a dead one's in Dagster's context variable.
    """
    if "dagster" not in sys.modules:
        yield
        return
    from dagster._core.storage.defs_state.base import set_defs_state_storage

    with set_defs_state_storage(None):
        yield
