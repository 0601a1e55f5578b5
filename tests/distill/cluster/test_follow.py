"""Watching a job, with a cluster of which the test decides what it answers."""

from collections.abc import Iterator

import pytest

from vpd.distill.cluster.follow import follow
from vpd.distill.cluster.job import State
from vpd.errors import TrainingError


class ScriptedJob:
    """Answers with one state after the other; an exception in their place is raised."""

    name = "vpd-run-1"

    def __init__(self, *answers: State | BaseException, log: str = "") -> None:
        self._answers: Iterator[State | BaseException] = iter(answers)
        self._log = log
        self.cancelled = 0

    def state(self) -> State:
        answer = next(self._answers)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def log(self) -> str:
        return self._log

    def cancel(self) -> None:
        self.cancelled += 1


def test_follow_a_job_that_succeeds_keeps_its_log_and_cancels_nothing(tmp_path):
    job = ScriptedJob(State(True), State(True), State(False), log="step 1\nstep 2\n")
    follow(job, tmp_path / "train.log", every=0, patience=0)
    assert (tmp_path / "train.log").read_text() == "step 1\nstep 2\n"
    assert job.cancelled == 0


def test_follow_a_job_that_fails_raises_with_the_reason_and_the_end_of_the_log(tmp_path):
    log = "".join(f"line {n}\n" for n in range(100))
    job = ScriptedJob(State(True), State(False, "Evicted"), log=log)
    with pytest.raises(TrainingError, match=r"(?s)Evicted.*line 99") as raised:
        follow(job, tmp_path / "train.log", every=0, patience=0)
    assert "line 10\n" not in str(raised.value)


def test_follow_bears_a_cluster_that_does_not_answer_for_a_while(tmp_path):
    job = ScriptedJob(State(True), ConnectionError("down"), ConnectionError("down"), State(False))
    follow(job, tmp_path / "train.log", every=0, patience=60)
    assert job.cancelled == 0


def test_follow_a_cluster_that_does_not_answer_again_raises_with_the_log_so_far(tmp_path):
    (tmp_path / "train.log").write_text("step 7\n")
    job = ScriptedJob(State(True), *[ConnectionError("no route")] * 100)
    with pytest.raises(TrainingError, match=r"(?s)lost.*no route.*step 7"):
        follow(job, tmp_path / "train.log", every=0.01, patience=0.05)


def test_follow_keeps_the_log_of_a_job_whose_pods_are_gone(tmp_path):
    (tmp_path / "train.log").write_text("step 7\n")
    with pytest.raises(TrainingError, match="step 7"):
        follow(ScriptedJob(State(False, "gone")), tmp_path / "train.log", every=0, patience=0)


def test_follow_that_is_interrupted_cancels_the_job(tmp_path):
    job = ScriptedJob(State(True), KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        follow(job, tmp_path / "train.log", every=0, patience=0)
    assert job.cancelled == 1
