"""Whether a student may become champion: a paired test against the present one on held-out questions.

Both were asked the same test questions, so their scores are subtracted question by question and bootstrapped
over pictures. The new one passes if

- in answer mode, over all questions, it is no worse: small losses would add up from champion to champion,
- in rationale mode, over all questions, and in every family and mode it is not worse by more than chance:
  the interval of the difference does not lie below zero.

These intervals hold together at 95% (each at 1 - 0.05 / number of intervals, after Bonferroni), or one of
a dozen families would stop every third equal model. A family with few pictures is told and decides nothing.

Not here: moving the alias (`vpd.evaluation.promotion`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

import polars as pl

from vpd.errors import MissingShardError
from vpd.evaluation.answers import Mode
from vpd.evaluation.bootstrap import COVERAGE, bootstrap
from vpd.evaluation.evaluate import STUDENT
from vpd.evaluation.questions import find_questions
from vpd.evaluation.results import Evaluation
from vpd.records import PREDICTIONS
from vpd.store import ArtifactStore

MODES: tuple[Mode, ...] = get_args(Mode)
SHARED_QUESTIONS = 0.5  # a comparison rests on at least this share of the new model's test questions
PICTURES = 30  # a family with fewer decides nothing: its interval over pictures would be too narrow


@dataclass(frozen=True)
class Difference:
    """Accuracy of the new model minus the champion's (-1 to 1), with its interval; `family` "": all."""

    mode: Mode
    family: str
    questions: int
    pictures: int
    mean: float
    low: float
    high: float

    @property
    def decides(self) -> bool:
        """Whether it is over enough pictures."""
        return not self.family or self.pictures >= PICTURES

    @property
    def worse(self) -> bool:
        """Whether the new model may not be champion for this."""
        beaten = self.decides and self.high < 0
        return beaten or (self.mode == "answer" and not self.family and self.mean < 0)

    def __str__(self) -> str:
        points = [f"{100 * value:+.1f}" for value in (self.mean, self.low, self.high)]
        what = f"{self.mode} mode{f', {self.family}' if self.family else ''}"
        return f"{what}: {points[0]} points ({points[1]} to {points[2]})"


@dataclass(frozen=True)
class ChampionCheck:
    """Whether a model may become champion, and what decided. Accuracies are 0 to 1, in answer mode."""

    passed: bool
    reason: str
    new_accuracy: float
    champion_accuracy: float | None = None
    questions: int = 0
    differences: tuple[Difference, ...] = ()


def champion_check(store: ArtifactStore, new: Evaluation, current: Evaluation | None) -> ChampionCheck:
    """Compare two students on the test questions both were asked, in both modes, over all and by family.

    Raises MissingShardError if the predictions of one of them, or the questions, are gone.
    """
    accuracy = new.result(STUDENT, "answer").accuracy
    if current is None:
        return ChampionCheck(True, "there is no champion yet", accuracy.mean, None, accuracy.n)
    paired = {mode: _paired(store, new, current, mode) for mode in MODES}
    shared, asked = min(frame.height for frame in paired.values()), accuracy.n
    if shared < SHARED_QUESTIONS * asked:
        reason = (
            f"the champion was asked only {shared} of the {asked} test questions: "
            "evaluate its checkpoint on them first"
        )
        return ChampionCheck(False, reason, accuracy.mean, None, shared)
    differences = tuple(_differences(store, paired, new))
    ours, theirs = (float(paired["answer"][c].mean()) for c in ("correct", "correct_champion"))  # type: ignore[arg-type]
    worse = [str(difference) for difference in differences if difference.worse]
    word = f"worse than the champion in {'; '.join(worse)}" if worse else "no worse than the champion"
    reason = f"{word}; answers {ours:.1%} against {theirs:.1%} on {shared} shared test questions"
    return ChampionCheck(not worse, reason, ours, theirs, shared, differences)


def _paired(store: ArtifactStore, new: Evaluation, current: Evaluation, mode: Mode) -> pl.DataFrame:
    mine, champion = (
        store.read_shard(PREDICTIONS, e.result(STUDENT, mode).shard).select(
            "question_id", "family", "correct"
        )
        for e in (new, current)
    )
    return mine.join(champion.drop("family"), on="question_id", suffix="_champion")


def _differences(
    store: ArtifactStore, paired: dict[Mode, pl.DataFrame], new: Evaluation
) -> Iterator[Difference]:
    picture_of = _pictures(store, set().union(*(frame["question_id"] for frame in paired.values())))
    groups: list[tuple[Mode, str, pl.DataFrame]] = []
    for mode, frame in paired.items():
        families = sorted(set(frame["family"]))
        groups += [(mode, "", frame), *((mode, f, frame.filter(pl.col("family") == f)) for f in families)]
    coverage = 1 - (1 - COVERAGE) / len(groups)
    for mode, family, frame in groups:
        scores = (frame["correct"].cast(pl.Int8) - frame["correct_champion"].cast(pl.Int8)).to_list()
        pictures = [picture_of[question_id] for question_id in frame["question_id"]]
        interval = bootstrap(scores, pictures, seed=new.seed, resamples=new.resamples, coverage=coverage)
        size = (frame.height, len(set(pictures)))
        yield Difference(mode, family, *size, interval.mean, interval.low, interval.high)


def _pictures(store: ArtifactStore, question_ids: set[str]) -> dict[str, str]:
    """Return the picture of every question."""
    found = {q.question_id: q.image_id for _, q in find_questions(store, question_ids)}
    missing = question_ids - found.keys()
    if missing:
        raise MissingShardError(
            f"{len(missing)} evaluated questions, such as {min(missing)}, are no longer in {store.uri}: "
            "evaluate both models again"
        )
    return found
