"""The document of a study: figures of every variant over its seeds, differences, and learning curves.

Shares are 0 to 1, with 95% bootstrap intervals over test pictures. Groups are "all", the question families,
"seen texts" and "held-out texts".
"""

from pydantic import BaseModel, ConfigDict

from vpd.evaluation.results import Share

Groups = dict[str, Share]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RationaleBoxes(_Record):
    """Boxes in rationales, over all seeds.

    right: of the stated ones, those that meet an object of the picture (intersection over union of 0.5)
    found: of the wanted ones, which the programs' rationales for the same questions state, those stated here
    """

    stated: int
    right: int
    wanted: int
    found: int


class ModeResult(_Record):
    """A variant in one mode: groups pooled over seeds, and accuracy on all questions by seed."""

    mode: str
    groups: Groups
    by_seed: dict[int, float]
    without_answer: int
    seconds_per_question: float
    boxes: RationaleBoxes | None = None


class Point(_Record):
    """One validation of a run: seconds and questions it was trained on before, accuracy of answers."""

    step: int
    seconds: float
    questions: int
    accuracy: float


class VariantResult(_Record):
    """A variant; `line` is what the study file says of it, `runs` and `steps` are by seed."""

    name: str
    line: dict[str, object]
    runs: dict[int, str]
    steps: dict[int, int]
    train_seconds: dict[int, float]
    train_questions: int
    train_rationales: int
    modes: list[ModeResult]
    curves: dict[int, list[Point]]

    def mode(self, name: str) -> ModeResult | None:
        """Return the figures of a mode, or None if the variant has not learnt it."""
        return next((result for result in self.modes if result.mode == name), None)


class Reference(_Record):
    """What variants are measured against: the question-only prior and the programs."""

    name: str
    groups: Groups
    seconds_per_question: float


class Difference(_Record):
    """First minus second, each a variant and mode, on the same questions with the same seeds."""

    first: tuple[str, str]
    second: tuple[str, str]
    seeds: tuple[int, ...]
    groups: Groups
    by_seed: dict[int, float]


class StudyResult(_Record):
    """What a study found so far; `missing` names the runs that are not done."""

    name: str
    sources: tuple[str, ...]
    questions: int
    pictures: int
    question_digest: str
    resamples: int
    training: dict[str, object]
    references: list[Reference]
    variants: list[VariantResult]
    differences: list[Difference]
    missing: list[str]
