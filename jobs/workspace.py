"""The instance of one machine under VPD_HOME: made, held by one demo at a time, and cleaned after a kill."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from vpd.errors import ConfigError

INSTANCE_CONFIG = Path(__file__).parents[1] / "infra" / "dagster.yaml"
DEMO_TAG = {"vpd/started_by": "demo"}
UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def prepare_home(home: Path) -> Path:
    """Make VPD_HOME with the configuration of its Dagster instance, and point this process to it.

    Returns the absolute path.
    """
    home = home.resolve()
    folder = home / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(INSTANCE_CONFIG, folder / "dagster.yaml")
    os.environ["VPD_HOME"], os.environ["DAGSTER_HOME"] = str(home), str(folder)
    return home


@contextmanager
def open_workspace(home: Path) -> Iterator[dg.DagsterInstance]:
    """Open the Dagster instance `<home>/dagster`, alone.

    Raises ConfigError if another demo holds it. Runs that an earlier demo left unfinished are closed as
    cancelled, and the pools they held are freed.
    """
    home = prepare_home(home)
    with (home / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigError(f"another demo is running in {home}: wait for it, or set VPD_HOME") from error
        with dg.DagsterInstance.get() as instance:
            _close_interrupted(instance)
            yield instance


def _close_interrupted(instance: dg.DagsterInstance) -> None:
    for run in instance.get_runs(dg.RunsFilter(statuses=UNFINISHED, tags=DEMO_TAG)):
        instance.report_run_canceled(
            run, message="the demo was stopped; the next one goes on from its shards"
        )
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
