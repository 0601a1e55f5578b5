"""The document of an evaluation: figures per model and mode, comparisons, and what they were made from.

Shares are 0 to 1, seconds are wall time per question. Kept in the store as `evaluations/<evaluation_id>`.
"""

from typing import Self

from pydantic import BaseModel, ConfigDict

from vpd.errors import MissingShardError
from vpd.evaluation.boxes import BoxPrecision
from vpd.store import ArtifactStore


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Share(_Record):
    """A share of questions with its 95% bootstrap interval over pictures."""

    n: int
    mean: float
    low: float
    high: float


class ModelResult(_Record):
    """How one model did in one mode."""

    model: str
    mode: str
    shard: str
    accuracy: Share
    families: dict[str, Share]
    seen_texts: Share | None
    held_out_texts: Share | None
    without_answer: int
    seconds_per_question: float


class Comparison(_Record):
    """Paired difference of two models on the same questions: `first` minus `second`."""

    first: tuple[str, str]
    second: tuple[str, str]
    difference: Share
    only_first_right: int
    only_second_right: int


class Boxes(_Record):
    """Boxes stated in rationales, how many overlap an object with IoU of at least 0.5, and the mean IoU."""

    stated: int
    right: int
    mean_iou: float | None = None

    @classmethod
    def of(cls, found: BoxPrecision) -> Self:
        """Return what was found, for the document."""
        return cls(stated=found.stated, right=found.right, mean_iou=found.mean_iou)


class Tally(_Record):
    """So many sentences, and the true ones of them."""

    n: int
    true: int

    @property
    def share(self) -> float:
        """Share of true sentences."""
        return self.true / self.n


class RationaleTruth(_Record):
    """Whether the sentences of the rationales made from programs are true of the pictures."""

    rationales: int
    all_true: int
    kinds: dict[str, Tally]
    families: dict[str, Tally]
    boxes: Boxes


class GroundTruth(_Record):
    """What only ground truth tells. `faults`: by family, the number of runs of each `Fault`."""

    faults: dict[str, dict[str, int]]
    rationales: RationaleTruth


class Evaluation(_Record):
    """One evaluation of a student and its twin."""

    evaluation_id: str
    split: str
    question_digest: str
    questions: int
    available: int
    unlabelled: int
    pictures: int
    scorer: str
    seed: int
    resamples: int
    batch_size: int
    runs: dict[str, str]
    checkpoints: dict[str, str]
    results: list[ModelResult]
    comparisons: list[Comparison]
    boxes: Boxes | None
    truth: GroundTruth | None = None
    """None: the pictures have no ground truth, or the document is older than its measuring."""

    def result(self, model: str, mode: str) -> ModelResult:
        """Return the figures of a model and mode; raises KeyError if they were not made."""
        for result in self.results:
            if (result.model, result.mode) == (model, mode):
                return result
        raise KeyError(f"evaluation {self.evaluation_id} has no {model} in {mode} mode")


def save_evaluation(store: ArtifactStore, evaluation: Evaluation) -> None:
    """Keep the document."""
    store.put_document(f"evaluations/{evaluation.evaluation_id}", evaluation.model_dump(mode="json"))


def find_evaluation(store: ArtifactStore, evaluation_id: str) -> Evaluation | None:
    """Return an evaluation, or None."""
    document = store.get_document(f"evaluations/{evaluation_id}")
    return None if document is None else Evaluation.model_validate(document)


def load_evaluation(store: ArtifactStore, evaluation_id: str) -> Evaluation:
    """Return an evaluation; raises MissingShardError if the store has none of this id."""
    found = find_evaluation(store, evaluation_id)
    if found is None:
        raise MissingShardError(
            f"evaluation {evaluation_id} is not in {store.uri}: materialise evaluation_report first"
        )
    return found
