"""Training as a Kubernetes Job: Dagster and kubectl are real, the API server is made and runs nothing."""

import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from dagster._core.errors import DagsterExecutionInterruptedError

from resources.gpu_cluster import GpuClusterResource
from tests.kubernetes_server import ApiServer, serving
from vpd.distill.config import TrainConfig
from vpd.distill.run_folder import write_json
from vpd.errors import ConfigError, TrainingError

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),  # Dagster about its own Pipes
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="needs kubectl"),
]
Train = Callable[[TrainConfig, GpuClusterResource], dict[str, Any]]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    """The server, to which kubectl is logged in; waiting is short."""
    monkeypatch.setattr("resources.training_jobs._EVERY", 0.1)
    with serving() as api:
        named = {"cluster": {"server": api.url}, "context": {"cluster": "c", "user": "c"}, "user": {}}
        entries = {f"{kind}s": [{"name": "c", kind: value}] for kind, value in named.items()}
        settings = {"apiVersion": "v1", "kind": "Config", "current-context": "c", **entries}
        write_json(tmp_path / "kubeconfig", settings)
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
        monkeypatch.setenv("KUBECACHEDIR", str(tmp_path / "kubecache"))
        yield api


@pytest.fixture
def cluster(tmp_path: Path) -> GpuClusterResource:
    """Two pods of one rank, on the CPU."""
    file = tmp_path / "training.toml"
    file.write_text(f'image = "i"\nshared_claim = "c"\nshared_folder = "{tmp_path}"\nnamespace = "ns"\n')
    return GpuClusterResource(backend="kubernetes", ranks=2, nodes=2, kubernetes_file=str(file))


@contextmanager
def _when_created(server: ApiServer, happens: Callable[[str], None]) -> Iterator[None]:
    """Let something happen, with its name, once the Job and its Service are there."""

    def wait() -> None:
        tick = threading.Event()
        while not server.objects["services"]:
            tick.wait(0.05)
        happens(*server.objects["jobs"])

    thread = threading.Thread(target=wait)
    thread.start()
    yield
    thread.join()


def test_train_on_kubernetes_creates_a_job_and_returns_its_report(
    config: TrainConfig, train_asset: Train, cluster: GpuClusterResource, server: ApiServer
) -> None:
    def complete(job: str) -> None:
        write_json(config.output / "training.json", {"arm": "student", "history": [1]})
        server.end_job(job, "Complete")

    with _when_created(server, complete):
        assert train_asset(config, cluster) == {"arm": "student"}
    (job,) = server.objects["jobs"]
    assert server.asked == [f"create jobs {job}", f"create services {job}"]
    pod = server.objects["jobs"][job]["spec"]["template"]["spec"]
    names = {variable["name"] for variable in pod["containers"][0]["env"]}
    assert names == {"DAGSTER_PIPES_CONTEXT", "DAGSTER_PIPES_MESSAGES"}


def test_train_on_kubernetes_that_fails_raises_with_the_logs_of_its_pods(
    config: TrainConfig, train_asset: Train, cluster: GpuClusterResource, server: ApiServer
) -> None:
    def fail(job: str) -> None:
        server.start_pod(job, f"{job}-0-x", "error: shard made-009 is missing\n")
        server.end_job(job, "Failed", "a pod failed")

    with _when_created(server, fail), pytest.raises(TrainingError, match=r"(?s)a pod failed.*made-009"):
        train_asset(config, cluster)


def test_train_on_kubernetes_that_is_lost_raises(
    config: TrainConfig, train_asset: Train, cluster: GpuClusterResource, server: ApiServer
) -> None:
    with (
        _when_created(server, lambda job: server.objects["jobs"].clear()),
        pytest.raises(TrainingError, match="no longer knows"),
    ):
        train_asset(config, cluster)


def test_train_on_kubernetes_that_is_cancelled_deletes_its_job(
    config: TrainConfig, train_asset: Train, cluster: GpuClusterResource, server: ApiServer
) -> None:
    with (
        _when_created(server, lambda job: os.kill(os.getpid(), signal.SIGINT)),
        pytest.raises(DagsterExecutionInterruptedError),
    ):
        train_asset(config, cluster)
    assert not server.objects["jobs"]
    assert server.asked[-1].endswith("Foreground")


def test_train_on_kubernetes_ends_a_job_left_from_before(
    config: TrainConfig, train_asset: Train, cluster: GpuClusterResource, server: ApiServer
) -> None:
    for _ in range(2):
        server.objects["services"].clear()
        with (
            _when_created(server, lambda job: server.end_job(job, "Failed")),
            pytest.raises(TrainingError),
        ):
            train_asset(config, cluster)
    (job,) = server.objects["jobs"]
    assert server.asked[2:4] == [f"delete jobs {job} Foreground", f"create jobs {job}"]


def test_train_on_kubernetes_that_cannot_be_reached_says_what_to_do(
    config: TrainConfig, train_asset: Train, cluster: GpuClusterResource, server: ApiServer
) -> None:
    server.server_close()
    with pytest.raises(ConfigError, match="kubectl auth can-i"):
        train_asset(config, cluster)


def test_train_on_kubernetes_without_kubectl_says_so(
    config: TrainConfig, train_asset: Train, cluster: GpuClusterResource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ConfigError, match="no kubectl"):
        train_asset(config, cluster)
