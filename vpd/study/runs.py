"""The runs of a study: what each trains, whether it is done, and what it gave.

A run is named after its arm and its fingerprint, so a setting that changes the weights makes another run, and
studies that ask for the same one share it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vpd.distill.checkpoint import run_id
from vpd.distill.config import fingerprint
from vpd.distill.data import digests
from vpd.distill.run_folder import read_json
from vpd.evaluation.questions import QuestionSet
from vpd.store import ArtifactStore
from vpd.study.file import StudyFile
from vpd.study.job import Job, find_answers


@dataclass(frozen=True)
class Run:
    """A variant with a seed, and the job that makes it."""

    variant: str
    seed: int
    job: Job

    @property
    def name(self) -> str:
        """What it is called on screen."""
        return f"{self.variant}, seed {self.seed}"

    @property
    def folder(self) -> Path:
        """The folder of the run."""
        return self.job.folder

    def report(self) -> dict[str, Any] | None:
        """Return what the training reported, or None before it has finished."""
        return read_json(self.folder / "training.json")


@dataclass(frozen=True)
class Runs:
    """The runs of a study over prepared data: `stores` has that of each variant."""

    study: StudyFile
    stores: dict[str, ArtifactStore]
    shards: tuple[str, ...]
    questions: QuestionSet
    folder: Path

    @property
    def wanted(self) -> list[tuple[str, int]]:
        """Variants and seeds in the order of work: all variants with one seed, then with the next."""
        return [(variant, seed) for seed in self.study.seeds for variant in self.study.variants]

    def find(self, variant: str, seed: int) -> Run | None:
        """Return a run, or None if its steps are not known yet."""
        steps = self._steps(variant, seed)
        if steps == 0:
            return None
        store = self.stores[variant]
        decided: dict[str, Any] = {"store": store.uri, "shards": self.shards, "output": "-"}
        config = self.study.config(variant, seed, **decided, **({} if steps is None else {"steps": steps}))
        name = run_id(config.arm, fingerprint(config, digests(store, self.shards)))
        config = config.model_copy(update={"output": self.folder / name})
        return Run(variant, seed, Job(config=config, test_pictures=self.study.test_pictures))

    def done(self, run: Run) -> bool:
        """Tell whether a run is trained and has answered the questions."""
        return run.report() is not None and find_answers(run.folder, self.questions) is not None

    def finished(self) -> list[Run]:
        """Return the runs that are done, in the order of work."""
        found = (self.find(variant, seed) for variant, seed in self.wanted)
        return [run for run in found if run is not None and self.done(run)]

    def _steps(self, variant: str, seed: int) -> int | None:
        """Return the steps that take as long as another run took; None: as configured, 0: not known yet.

        Seconds per step are those of the same line with steps of its own, trained with the same seed.
        """
        other = self.study.variants[variant].as_long_as
        if other is None:
            return None
        measured = [self.find(name, seed) for name in (other, self.study.same_steps(variant))]
        reports = [run.report() for run in measured if run is not None]
        if len(reports) < 2 or reports[0] is None or reports[1] is None:
            return 0
        seconds, own = reports[0]["seconds"], reports[1]
        return max(1, round(float(seconds) * int(own["config"]["steps"]) / float(own["seconds"])))
