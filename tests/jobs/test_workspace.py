import subprocess
import sys

import dagster as dg
import pytest

from jobs.workspace import DEMO_TAG, open_workspace
from vpd.errors import ConfigError


@pytest.fixture(autouse=True)
def _environment(monkeypatch, tmp_path):
    monkeypatch.setenv("VPD_HOME", str(tmp_path))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "elsewhere"))


def test_workspace_of_an_empty_home_keeps_its_instance_there(tmp_path):
    with open_workspace(tmp_path) as instance:
        assert instance.root_directory == str(tmp_path / "dagster")
        assert not instance.telemetry_enabled
        pools = instance.get_concurrency_config().pool_config
        assert pools.default_pool_limit == 1


def test_workspace_that_another_process_holds_is_refused(tmp_path):
    hold = (
        "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.flock(f, fcntl.LOCK_EX); "
        "print('held', flush=True); sys.stdin.read()"
    )
    lock = str(tmp_path / "demo.lock")
    with subprocess.Popen(
        [sys.executable, "-c", hold, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(ConfigError, match="another demo"), open_workspace(tmp_path):
            pass
        holder.communicate("")
    with open_workspace(tmp_path):
        pass


def test_workspace_after_a_kill_closes_the_demos_runs_and_frees_their_pools(tmp_path):
    @dg.asset(pool="train-gpu")
    def scarce() -> None: ...

    started = dg.DagsterRunStatus.STARTED
    with open_workspace(tmp_path) as instance:
        job = dg.Definitions([scarce]).resolve_implicit_global_asset_job_def()
        ours, theirs = (
            instance.create_run_for_job(job, status=started, tags=tags).run_id for tags in (DEMO_TAG, {})
        )
        instance.event_log_storage.initialize_concurrency_limit_to_default("train-gpu")
        instance.event_log_storage.claim_concurrency_slot("train-gpu", ours, "scarce")
    with open_workspace(tmp_path) as instance:
        assert instance.get_run_by_id(ours).status == dg.DagsterRunStatus.CANCELED
        assert instance.get_run_by_id(theirs).status == started
        assert dg.materialize([scarce], instance=instance).success
