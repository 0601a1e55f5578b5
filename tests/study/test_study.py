"""Whole studies of tiny students: killed and gone on with, failing runs, and what the report says."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from vpd.errors import ConfigError, TrainingError
from vpd.store import ArtifactStore
from vpd.study.results import StudyResult
from vpd.study.study import Workplace, run_study

Write = Callable[..., Path]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def place(store: ArtifactStore, tmp_path: Path) -> Workplace:
    return Workplace(store.uri, tmp_path / "home", Console(file=io.StringIO()))


def test_study_killed_goes_on_and_reports(
    place: Workplace, study_file: Write, tmp_path: Path, store: ArtifactStore
) -> None:
    """Student first, then its twin at equal steps and at equal time; killed once the first run is done."""
    file = study_file(
        "student = {}",
        'instruct = { arm = "instruct" }',
        'instruct-equal-time = { arm = "instruct", as_long_as = "student" }',
        head='compare = [["student", "instruct"]]',
    )
    runs = place.home / "studies" / "runs"
    _kill_when_one_is_done(file, place, runs)
    [first] = runs.glob("*/answered.json")
    written = first.stat().st_mtime_ns

    result = run_study(file, place, at_once=2)

    assert first.stat().st_mtime_ns == written
    assert not result.missing
    _check(result)
    for kind in ("json", "html", "md"):
        assert (place.home / "results" / f"small.{kind}").stat().st_size > 1000
    assert StudyResult.model_validate_json((place.home / "results" / "small.json").read_text()) == result
    logs = {log: log.stat().st_mtime_ns for log in runs.glob("*/log.txt")}
    assert run_study(file, place, at_once=1) == result
    assert {log: log.stat().st_mtime_ns for log in runs.glob("*/log.txt")} == logs


def _kill_when_one_is_done(file: Path, place: Workplace, runs: Path) -> None:
    environment = {**os.environ, "VPD_HOME": str(place.home), "VPD_STORE": place.store_uri}
    study = subprocess.Popen(
        [sys.executable, "-c", "from vpd.cli import main; main()", "study", str(file), "--at-once", "1"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    second: list[psutil.Process] = []
    while not (list(runs.glob("*/answered.json")) and second):
        assert study.poll() is None
        if list(runs.glob("*/answered.json")) and len(list(runs.glob("*/job.json"))) == 2:
            second = psutil.Process(study.pid).children()
        time.sleep(0.1)
    study.send_signal(signal.SIGKILL)
    study.wait()
    _, alive = psutil.wait_procs(second, timeout=20)
    assert not alive, "a run outlived its study"


def _check(result: StudyResult) -> None:
    assert (result.questions, result.pictures) == (2, 1)
    student, instruct, long = result.variants
    assert [m.mode for m in student.modes] == ["answer", "rationale"]
    assert [m.mode for m in instruct.modes] == ["answer"]
    assert (student.train_questions, student.train_rationales) == (12, 12)
    assert {p.questions for p in student.curves[0]} == {8, 16}
    step = instruct.train_seconds[0] / instruct.steps[0]
    assert long.steps[0] == max(1, round(student.train_seconds[0] / step))
    gap = result.differences[0]
    right = [v.modes[0].by_seed[0] for v in (student, instruct)]
    assert gap.by_seed[0] == pytest.approx(right[0] - right[1])
    assert gap.groups["all"].mean == pytest.approx(gap.by_seed[0])
    programs = next(r for r in result.references if r.name == "programs, first sample")
    assert programs.groups["all"].mean == 1.0


def test_study_a_run_that_fails_is_told_with_its_log_and_the_others_are_reported(
    place: Workplace, study_file: Write
) -> None:
    file = study_file('good = { arm = "instruct", steps = 1 }', 'bad = { base = "/no/model" }')
    with pytest.raises(TrainingError, match="bad, seed 0") as error:
        run_study(file, place, at_once=2)
    assert "log.txt" in str(error.value)
    result = StudyResult.model_validate_json((place.home / "results" / "small.json").read_text())
    assert [v.name for v in result.variants] == ["good"]
    assert result.missing == ["bad, seed 0"]


def test_study_of_an_unknown_source_starts_nothing(place: Workplace, study_file: Write) -> None:
    file = study_file("a = {}")
    file.write_text(file.read_text().replace('["s"]', '["t"]'))
    with pytest.raises(ConfigError, match="no source 't'"):
        run_study(file, place, at_once=1)
    assert not (place.home / "studies" / "runs").exists()
