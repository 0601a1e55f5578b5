"""Runs, figures and report of a study whose runs are made up: no training."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fitness.examples import SHARDS
from vpd.distill.config import MODES
from vpd.distill.run_folder import write_json
from vpd.evaluation.arms import Arm, ask
from vpd.records import PREDICTIONS
from vpd.store import ArtifactStore
from vpd.study.asked import questions_of
from vpd.study.data import prepare
from vpd.study.data_settings import DataSettings
from vpd.study.file import load_study
from vpd.study.job import asked_of, find_answers
from vpd.study.measure import measure
from vpd.study.report import markdown, render
from vpd.study.runs import Run, Runs

Write = Callable[..., Path]


class Yes:
    """Answers yes to everything."""

    def answer(self, images: object, questions: list[str], mode: str, batch_size: int) -> list[str]:
        said = "yes" if mode == "answer" else "It is at [0 0 999 999] <b>. The answer is yes."
        return [said] * len(questions)


@pytest.fixture
def runs(store: ArtifactStore, study_file: Write, tmp_path: Path) -> Runs:
    study = load_study(
        study_file(
            "student = {}",
            'instruct = { arm = "instruct" }',
            'instruct-equal-time = { arm = "instruct", as_long_as = "student" }',
            head='compare = [["student", "instruct"], ["student", "instruct-equal-time"]]',
        )
    )
    fork = prepare(store, SHARDS, DataSettings(), tmp_path / "data", lambda _: None)
    questions = questions_of(fork, SHARDS, None)
    return Runs(study, dict.fromkeys(study.variants, fork), SHARDS, questions, tmp_path / "runs")


def train(run: Run | None, seconds: float) -> Run:
    """Leave behind what the training of a run would."""
    assert run is not None
    run.folder.mkdir(parents=True)
    config = run.job.config.model_dump(mode="json")
    validations = [
        {"step": float(step), "seconds": seconds * step / 4, "val_accuracy": 0.1 * step} for step in (2, 4)
    ]
    report = {"config": config, "seconds": seconds, "history": [{"step": 1.0}, *validations]}
    write_json(run.folder / "training.json", {**report, "train_questions": 12, "train_rationales": 12})
    return run


def answer(run: Run, runs: Runs) -> None:
    """Leave behind what the run would say."""
    store = ArtifactStore.open(run.job.config.store)
    arm = Arm(run.job.config.arm, run.folder.name, SHARDS, "checkpoint", Yes)
    modes = MODES[run.job.config.arm]
    shards = {mode: ask(store, arm, mode, Yes, runs.questions, 8).shard for mode in modes}
    answered = {"asked": asked_of(runs.questions), "store": store.uri, "shards": shards}
    write_json(run.folder / "answered.json", answered)


def test_runs_equal_time_waits_for_both_and_takes_the_seconds_of_one_over_those_per_step(runs: Runs) -> None:
    assert runs.find("instruct-equal-time", 0) is None
    train(runs.find("student", 0), seconds=30.0)
    assert runs.find("instruct-equal-time", 0) is None
    train(runs.find("instruct", 0), seconds=8.0)
    long = runs.find("instruct-equal-time", 0)
    assert long is not None
    assert long.job.config.steps == 15  # 30 s at 2 s a step


def test_runs_are_named_by_what_changes_the_weights(runs: Runs) -> None:
    student, instruct, other = (
        runs.find(*which) for which in (("student", 0), ("instruct", 0), ("student", 1))
    )
    assert student is not None
    assert instruct is not None
    assert other is not None
    assert len({student.folder, instruct.folder, other.folder}) == 3
    assert student.folder.name.startswith("student-")
    assert runs.find("student", 0) == student


def test_runs_trained_but_not_asked_or_asked_something_else_are_not_done(runs: Runs) -> None:
    run = train(runs.find("student", 0), seconds=1.0)
    assert not runs.done(run)
    answer(run, runs)
    assert runs.done(run)
    other = questions_of(runs.stores["student"], SHARDS, 1)
    assert find_answers(run.folder, other) is not None  # the one picture of the test split
    write_json(run.folder / "answered.json", {"asked": {"questions": "others"}, "store": "", "shards": {}})
    assert not runs.done(run)


def test_report_of_finished_runs_has_figures_pairs_curves_and_what_is_missing(
    runs: Runs, store: ArtifactStore
) -> None:
    for variant, seconds in (("student", 30.0), ("instruct", 8.0)):
        answer(train(runs.find(variant, 0), seconds), runs)
    result = measure("small", runs, runs.stores["student"])

    assert (result.questions, result.pictures) == (2, 1)
    assert result.missing == ["instruct-equal-time, seed 0"]
    student, instruct = result.variants
    labels = [q.answers[0] for q in runs.questions.questions]
    yes = labels.count("yes") / len(labels)
    assert [m.groups["all"].mean for m in (*student.modes, *instruct.modes)] == [yes, yes, yes]
    assert student.modes[0].by_seed == {0: yes}
    boxes = student.modes[1].boxes
    assert boxes is None  # the pictures of this store have no ground truth
    assert [(p.seconds, p.questions, p.accuracy) for p in student.curves[0]] == [
        (15.0, 8, 0.2),
        (30.0, 16, 0.4),
    ]
    assert [(d.first, d.second) for d in result.differences] == [
        (("student", "answer"), ("instruct", "answer")),
        (("student", "rationale"), ("instruct", "answer")),
    ]
    assert [d.groups["all"].mean for d in result.differences] == [0.0, 0.0]
    programs = {r.name: r.groups["all"].mean for r in result.references}
    assert programs["programs, first sample"] == programs["programs, any of k"] == 1.0

    table, page = markdown(result), render(result)
    for text in (table, page):
        assert all(
            name in text for name in ("student", "instruct-equal-time, seed 0", "programs, first sample")
        )
    rows = [line for line in table.splitlines() if line.startswith("|")]
    assert len(rows) == (2 + 3 + 3) + (2 + 2) + (2 + 2)
    assert page.count("<polyline") == 4
    assert "<script" not in page
    assert not store.shards(PREDICTIONS)  # the source is left alone
