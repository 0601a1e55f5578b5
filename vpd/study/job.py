"""One run of a study in a process of its own, `python -m vpd.study.job JOB PARENT`: train, then ask.

PARENT is the process id of the study, with which the run ends.

    job.json        configuration, and how many test pictures are asked about
    training.json   and `model/`, as any training leaves them
    answered.json   where the answers are; a run that has one for the questions of today is done

Started again after any interruption it goes on: training from its last checkpoint, asking from the first mode
that is not committed. Answers are predictions in the store that the run was trained on.
"""

import hashlib
import os
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from vpd.distill.config import MODES, TrainConfig
from vpd.distill.run_folder import read_json, write_json
from vpd.errors import VpdError
from vpd.evaluation.arms import VERSION, Arm, ask
from vpd.evaluation.questions import QuestionSet
from vpd.scoring.score import SCORER
from vpd.store import ArtifactStore
from vpd.study.asked import questions_of


class Job(BaseModel):
    """What one process does."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    config: TrainConfig
    test_pictures: int | None = None

    @property
    def folder(self) -> Path:
        """The folder of the run."""
        return self.config.output


def asked_of(questions: QuestionSet) -> dict[str, Any]:
    """Return what `answered.json` says of what was asked, and how it was read and scored."""
    return {"questions": questions.digest, "version": VERSION, "scorer": SCORER}


def find_answers(folder: Path, questions: QuestionSet) -> dict[str, Any] | None:
    """Return `answered.json` if the run answered these questions: store, and {mode: shard of predictions}."""
    found = read_json(folder / "answered.json")
    return found if found is not None and found["asked"] == asked_of(questions) else None


def work(job: Job) -> None:
    """Train and ask; raises what `vpd.distill.train.train` raises."""
    from vpd.distill.generate import Student
    from vpd.distill.train import train

    train(job.config)
    store = ArtifactStore.open(job.config.store)
    questions = questions_of(store, job.config.shards, job.test_pictures)
    model = job.folder / "model"
    arm = Arm(job.config.arm, job.folder.name, job.config.shards, _digest(model), lambda: Student.load(model))
    shards = {}
    for mode in MODES[job.config.arm]:
        print(f"{job.config.arm}: answers {len(questions.questions)} questions in {mode} mode", flush=True)
        shards[mode] = ask(store, arm, mode, arm.load, questions, job.config.batch_size).shard
    write_json(
        job.folder / "answered.json", {"asked": asked_of(questions), "store": store.uri, "shards": shards}
    )


def _digest(model: Path) -> str:
    with (model / "model.safetensors").open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> int:
    """Run from the command line; returns the exit code."""
    from vpd.distill.launch import end_with_parent

    end_with_parent()
    if os.getppid() != int(sys.argv[2]):  # it had ended before
        return 1
    from transformers.utils.logging import disable_progress_bar

    from vpd.distill.ranks import stop_ranks

    disable_progress_bar()
    try:
        work(Job.model_validate_json(Path(sys.argv[1]).read_text()))
    except VpdError as error:
        print(f"error: {error}", flush=True)
        return 1
    finally:
        stop_ranks()
    return 0


if __name__ == "__main__":
    sys.exit(main())
