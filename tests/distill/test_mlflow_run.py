"""What a training logs to MLflow while it runs, in a real MLflow on SQLite; nothing is trained."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.mlflow_marks import REGISTRY
from vpd.distill.config import MlflowConfig, TrainConfig
from vpd.distill.progress import MlflowRun, Progress
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
        progress.finish()
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


def test_server_that_goes_away_does_not_stop_the_training(
    config: Callable[..., TrainConfig], address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    where = MlflowConfig(tracking_uri=address)
    history: list[dict[str, float]] = []
    run = MlflowRun(where, config(mlflow=where), "a fingerprint")
    run.tracking = Tracking("http://127.0.0.1:9")
    progress = Progress(config(), history, mlflow=run)
    for step in range(1, 7):
        progress.record({"step": float(step), "loss": 1.0, "answer": 1.0})
    progress.finish()
    assert "warning" in capsys.readouterr().err
    assert len(history) == 6
