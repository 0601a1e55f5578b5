"""What MLflow shows of a trained and evaluated arm, in a real MLflow on SQLite."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.mlflow_marks import REGISTRY
from vpd.evaluation.results import Evaluation
from vpd.evaluation.run_page import evaluation_metrics, record_evaluation, record_training
from vpd.evaluation.tracking import Tracking, run_identity
from vpd.store import ArtifactStore

pytestmark = [*REGISTRY, pytest.mark.usefixtures("_tiny_student")]


def test_page_shows_data_metrics_by_step_and_family_curves_and_gallery(
    store: ArtifactStore, tracking: Tracking, evaluated: Callable[[float], Evaluation], tmp_path: Path
) -> None:
    done = evaluated(0.7)
    runs = {arm: store.get_document(f"runs/{run}") or {} for arm, run in done.runs.items()}
    for output in ("here", "there"):  # again, from a copy of the store, it changes nothing
        copies = {arm: {**run, "config": {**run["config"], "output": output}} for arm, run in runs.items()}
        ids = record_training(tracking, copies)
        record_evaluation(tracking, store, done, ids)
    client = tracking.client()
    assert len(client.search_runs([tracking.experiment_id()])) == 2
    page = client.get_run(ids["student"])
    assert page.info.status == "FINISHED"
    assert page.data.params["steps"] == "3"
    assert page.data.params["lora.rank"] == "8"
    assert page.data.tags["vpd.version"]
    assert [m.step for m in client.get_metric_history(ids["student"], "answer")] == [1, 2, 3]
    expected = done.result("student", "rationale").families["count"].mean
    assert page.data.metrics["test_rationale/count"] == expected
    assert page.data.metrics["student_answer_minus_instruct_answer_low"] <= expected
    assert len(client.get_metric_history(ids["student"], "test_answer/all")) == 1
    inputs = {i.dataset.name: (i.dataset.digest, i.tags[0].value) for i in page.inputs.dataset_inputs}
    assert inputs["questions"] == (done.question_digest, "testing")
    assert inputs["examples"][1] == "training"
    files = {name: Path(client.download_artifacts(ids["student"], name, str(tmp_path))) for name in FILES}
    assert json.loads(files["data/examples.json"].read_text()) == runs["student"]["digests"]
    assert files["learning_curves.png"].read_bytes().startswith(b"\x89PNG")
    assert "How many red cubes" in files["evaluation/report.html"].read_text()
    assert client.get_run(ids["instruct"]).data.metrics["test_answer/all"] < 0.7


FILES = ("data/examples.json", "learning_curves.png", "evaluation/report.html")


def test_metrics_of_the_twin_are_its_own(evaluated: Callable[[float], Evaluation]) -> None:
    done = evaluated(0.9)
    assert (
        evaluation_metrics(done, "instruct")["test_answer/all"]
        == done.result("instruct", "answer").accuracy.mean
    )
    assert not any("minus" in name for name in evaluation_metrics(done, "instruct"))


@pytest.mark.parametrize("changed", [{"fingerprint": "another"}, {"arm": "instruct"}])
def test_other_training_has_another_page(
    store: ArtifactStore,
    tracking: Tracking,
    evaluated: Callable[[float], Evaluation],
    changed: dict[str, str],
) -> None:
    run = store.get_document(f"runs/{evaluated(0.7).runs['student']}") or {}
    first = tracking.find_or_start_run("student", run_identity(run["arm"], run["fingerprint"]))
    other = record_training(tracking, {"student": run | changed})
    assert other["student"] != first
    assert record_training(tracking, {"student": run})["student"] == first
