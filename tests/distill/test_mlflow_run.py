"""What a training logs to MLflow while it runs, in a real MLflow on SQLite; nothing is trained."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.mlflow_marks import REGISTRY
from tests.mlflow_server import MlflowServer
from vpd.distill.config import MlflowConfig, TrainConfig
from vpd.distill.progress import MlflowRun, Progress
from vpd.distill.train import train
from vpd.errors import TrainingError
from vpd.evaluation.tracking import Tracking

pytestmark = REGISTRY


def follow(config: TrainConfig, steps: range, history: list[dict[str, float]]) -> MlflowRun:
    """Report steps as a training process would."""
    assert config.mlflow is not None
    run = MlflowRun(config.mlflow, config, "a fingerprint")
    progress = Progress(config, history, mlflow=run)
    for step in steps:
        progress.record({"step": float(step), "loss": 1 / step, "answer": 1 / step, "lr": 0.1})
    if len(history) == config.steps:
        progress.end()
    return run


@pytest.fixture
def address(empty_database: Path, tmp_path: Path) -> str:
    """A tracking store of its own."""
    return f"sqlite:///{shutil.copy(empty_database, tmp_path / 'mlflow.db')}"


def test_run_that_is_interrupted_goes_on_in_the_same_place_and_shows_the_machine(
    config: Callable[..., TrainConfig], address: str
) -> None:
    where = {"tracking_uri": address}
    killed = config(mlflow=MlflowConfig(**where, tags={"vpd.dagster_run_id": "first"}))
    resumed = config(mlflow=MlflowConfig(**where, tags={"vpd.dagster_run_id": "second"}))
    history: list[dict[str, float]] = []
    begun = follow(killed, range(1, 5), history)
    ended = follow(resumed, range(3, 7), history[:2])
    assert ended.run_id == begun.run_id
    client = Tracking(where["tracking_uri"]).client()
    page = client.get_run(ended.run_id)
    assert page.info.status == "FINISHED"
    assert page.data.tags["vpd.dagster_run_id"] == "second"
    assert page.data.params["student.hidden_size"] == str(resumed.student.hidden_size)
    assert [m.step for m in client.get_metric_history(ended.run_id, "loss")] == [1, 2, 3, 4, 5, 6]
    assert 0 < page.data.metrics["system/system_memory_usage_percentage"] <= 100
    assert page.data.metrics["system/cpu_utilization_percentage"] >= 0


@pytest.fixture
def server(tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MlflowServer]:
    (database := tmp_path / "server.db").write_bytes(empty_database.read_bytes())
    server = MlflowServer(tmp_path, database, monkeypatch)
    yield server
    server.stop()


@pytest.mark.parametrize("up", [(), (5, 6), (1, 2, 5, 6)])
def test_server_that_is_down_for_some_steps_is_told_of_once_and_gets_all_when_it_is_back(
    config: Callable[..., TrainConfig],
    server: MlflowServer,
    capsys: pytest.CaptureFixture[str],
    up: tuple[int, ...],
) -> None:
    where = MlflowConfig(tracking_uri=server.uri, tags={"vpd.dagster_run_id": "first"})
    if 1 in up:
        server.start()
    history: list[dict[str, float]] = []
    run = MlflowRun(where, config(mlflow=where), "a fingerprint", pause=0)
    progress = Progress(config(log_every=1), history, mlflow=run)
    for step in range(1, 7):
        (server.start if step in up else server.stop)()
        progress.record({"step": float(step), "loss": 1.0, "answer": 1.0})
    progress.end()
    assert len(history) == 6
    assert capsys.readouterr().err.count("warning") == 1
    assert (run.run_id is None) == (up == ())
    if run.run_id is not None:
        client = Tracking(server.uri).client()
        page = client.get_run(run.run_id)
        assert page.info.status == "FINISHED"
        assert page.data.tags["vpd.dagster_run_id"] == "first"
        assert [m.step for m in client.get_metric_history(run.run_id, "loss")] == [1, 2, 3, 4, 5, 6]


def test_server_that_fails_is_left_alone_for_a_while_but_asked_at_the_end(
    config: Callable[..., TrainConfig], address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = MlflowConfig(tracking_uri=address)
    asked: list[int] = []
    run = MlflowRun(where, config(mlflow=where), "a fingerprint", pause=3600)

    def refuse(tracking: Tracking, run_id: str, history: list[dict[str, float]]) -> None:
        asked.append(len(history))
        raise ValueError("an answer that MLflow's client does not expect")

    monkeypatch.setattr(Tracking, "log_history", refuse)
    progress = Progress(config(log_every=1), [], mlflow=run)
    for step in range(1, 7):
        progress.record({"step": float(step), "loss": 1.0, "answer": 1.0})
    progress.end()
    assert asked == [1, 6]


def test_run_that_fails_is_marked_with_the_reason_until_it_goes_on(
    config: Callable[..., TrainConfig], address: str
) -> None:
    where = MlflowConfig(tracking_uri=address)
    history: list[dict[str, float]] = []
    run = follow(config(mlflow=where), range(1, 4), history)
    client = Tracking(address).client()
    Progress(config(), history, mlflow=run).end(failure="training diverged " + "a lot " * 2000)
    page = client.get_run(run.run_id)
    assert page.info.status == "FAILED"
    assert page.data.tags["vpd.failure"].startswith("training diverged")
    assert page.data.metrics["loss"] == 1 / 3
    assert follow(config(mlflow=where), range(3, 4), history[:2]).run_id == run.run_id
    page = client.get_run(run.run_id)
    assert page.info.status == "RUNNING"
    assert "vpd.failure" not in page.data.tags


@pytest.mark.usefixtures("ranks")
def test_train_that_diverges_ends_its_run_as_failed(config: Callable[..., TrainConfig], address: str) -> None:
    rule = {"factor": 1.5, "patience": 2}
    with pytest.raises(TrainingError, match="diverged"):
        train(config(mlflow=MlflowConfig(tracking_uri=address), lr=1.0, warmup=0, divergence=rule))
    tracking = Tracking(address)
    [page] = tracking.client().search_runs([tracking.experiment_id()])
    assert page.info.status == "FAILED"
    assert "diverged" in page.data.tags["vpd.failure"]


@pytest.mark.usefixtures("ranks")
def test_train_with_mlflow_down_from_start_to_end_is_trained(config: Callable[..., TrainConfig]) -> None:
    report = train(config(mlflow=MlflowConfig(tracking_uri="http://127.0.0.1:9"), steps=2))
    assert len(report["history"]) == 2
    assert report["mlflow_run_id"] is None
