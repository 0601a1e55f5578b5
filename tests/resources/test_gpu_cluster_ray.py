"""Training as a job of a real Ray cluster of two nodes on this machine, with a core each."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from dagster._core.errors import DagsterExecutionInterruptedError

from resources.gpu_cluster import GpuClusterResource, RayTraining
from vpd.distill.cluster.job import TrainingJob
from vpd.distill.cluster.ray_jobs import RayCluster, RayJob
from vpd.distill.config import TrainConfig
from vpd.errors import TrainingError

pytestmark = [
    pytest.mark.skipif(
        "VPD_TEST_RAY" not in os.environ,
        reason="set VPD_TEST_RAY=1: two Ray nodes and their ranks need two cores of their own for minutes",
    ),
    pytest.mark.xdist_group("ray training"),  # one cluster for all of them
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),  # Dagster about its own Pipes
]
Train = Callable[[TrainConfig, GpuClusterResource], dict[str, Any]]
_NODE = {"num_cpus": 1, "object_store_memory": 80 * 2**20}


@pytest.fixture(scope="module")
def server() -> Iterator[RayCluster]:
    """The cluster, which has no GPU, by its job server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_AUTH_MODE", "disabled")  # `ray.init` of another test may have switched it on
        patch.setenv("RAY_raylet_start_wait_time_s", "200")
        from ray.cluster_utils import Cluster

        head = {**_NODE, "include_dashboard": True, "dashboard_port": port}
        cluster = Cluster(initialize_head=True, head_node_args=head)
        try:
            cluster.add_node(**_NODE)
            yield RayCluster(f"http://127.0.0.1:{port}", sys.executable)
        finally:
            cluster.shutdown()


@pytest.fixture
def cluster(server: RayCluster, monkeypatch: pytest.MonkeyPatch) -> GpuClusterResource:
    """Both nodes, a rank on each; waiting is short."""
    monkeypatch.setattr("resources.training_jobs._EVERY", 0.2)
    there = RayTraining(address=server.address, python=server.python)
    return GpuClusterResource(backend="ray", ranks=2, nodes=2, ray_training=there)


def test_train_on_two_ray_nodes_has_the_losses_of_the_local_backend(
    config: TrainConfig,
    train_asset: Train,
    cluster: GpuClusterResource,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    report = train_asset(config, cluster)
    assert "student 4/4" in capfd.readouterr().err  # Dagster's log, into which it came as a message
    local = train_asset(config.model_copy(update={"output": tmp_path / "local"}), GpuClusterResource(ranks=2))
    assert report["ranks"] == 2
    assert report["gpu_hours"] == 0
    assert report["peak_memory_mb"] > 0
    assert report["final"]["loss"] == pytest.approx(local["final"]["loss"], rel=1e-5)
    assert "student 4/4" in (tmp_path / "run" / "train.log").read_text()
    assert (tmp_path / "run" / "model" / "model.safetensors").exists()


def test_train_that_loses_a_rank_on_ray_raises_with_the_end_of_its_log_and_leaves_no_rank(
    config: TrainConfig, train_asset: Train, cluster: GpuClusterResource
) -> None:
    endless = config.model_copy(update={"steps": 10**6, "checkpoint_every": 10**6})
    log = endless.output / "train.log"

    def kill() -> None:
        next(rank for rank in _ranks(endless) if rank.environ()["RANK"] == "1").kill()

    with (
        _once(lambda: log.exists() and "student 2/" in log.read_text(), kill),
        pytest.raises(TrainingError, match=r"(?s)FAILED.*node \d ended with code 1"),
    ):
        train_asset(endless, cluster)
    _, alive = psutil.wait_procs(_ranks(endless), timeout=30)
    assert not alive


def test_train_on_ray_nodes_that_the_cluster_lacks_says_what_it_has(
    config: TrainConfig, train_asset: Train, cluster: GpuClusterResource
) -> None:
    soon = cluster.ray_training.model_copy(update={"start_seconds": 0.5})
    wanting = cluster.model_copy(update={"rank_gpus": 1, "ray_training": soon})
    with pytest.raises(TrainingError, match=r"no 2 nodes with .*'GPU': 1.*'CPU': 2"):
        train_asset(config, wanting)


def test_train_that_is_cancelled_ends_its_ray_job_and_one_left_from_before(
    config: TrainConfig, train_asset: Train, cluster: GpuClusterResource, server: RayCluster
) -> None:
    waiting = cluster.model_copy(update={"ranks": 3, "nodes": 3})  # for a node that never comes
    settings = config.output / "config.json"
    left = server.submit(TrainingJob(settings, nodes=3, ranks=1, gpus=0, threads=1, env={}))
    name = left.name.rpartition("-")[0]

    def statuses() -> list[str]:
        return sorted(job["status"] for job in server.ask("GET", "") if name in job["submission_id"])

    with (
        _once(lambda: statuses() == ["RUNNING", "STOPPED"], lambda: os.kill(os.getpid(), signal.SIGINT)),
        pytest.raises(DagsterExecutionInterruptedError),
    ):
        train_asset(config, waiting)
    assert statuses() == ["STOPPED", "STOPPED"]


def test_job_that_the_ray_cluster_does_not_know_has_failed(server: RayCluster) -> None:
    job = RayJob(server, "vpd-never-submitted")
    assert "no longer knows" in job.state().failure
    assert job.log() == ""
    job.cancel()


def _ranks(config: TrainConfig) -> list[psutil.Process]:
    """Return the processes that train in this configuration's folder."""
    mine = {"vpd.distill.train", str(config.output / "config.json")}
    return [p for p in psutil.process_iter(["cmdline"]) if mine <= set(p.info["cmdline"] or [])]


@contextmanager
def _once(ready: Callable[[], bool], happens: Callable[[], None]) -> Iterator[None]:
    """Let something happen in the block, from another thread, as soon as it can."""

    def wait() -> None:
        tick = threading.Event()
        while not ready():
            tick.wait(0.2)
        happens()

    thread = threading.Thread(target=wait)
    thread.start()
    yield
    thread.join()
