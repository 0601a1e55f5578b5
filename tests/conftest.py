import os
import sys
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
    from benchmarks._s3_server import s3_server

    with s3_server(tmp_path_factory.mktemp("s3")) as address:
        yield address


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's tables, made once: that takes seconds, a copy does not."""
    from vpd.evaluation.tracking import Tracking

    path = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    Tracking(f"sqlite:///{path}").client().search_experiments()
    return path


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
