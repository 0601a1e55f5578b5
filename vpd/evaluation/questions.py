"""Which questions are asked in an evaluation: labelled questions of one split, the same for every model.

Not here: who answers them (`vpd.evaluation.arms`) and how they are scored (`vpd.scoring`).
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import polars as pl

from vpd.errors import DataError
from vpd.records import QUESTIONS, Question, stable_id
from vpd.store import ArtifactStore


@dataclass(frozen=True)
class QuestionSet:
    """The questions of an evaluation, ordered by picture, and where they came from."""

    questions: tuple[Question, ...]
    shard_of: dict[str, str]
    shards: tuple[str, ...]
    split: str
    available: int
    unlabelled: int

    @property
    def digest(self) -> str:
        """Depends on the questions, their texts, labels and pictures, and on nothing else."""
        return stable_id(*[(q.question_id, q.image_id, q.text, q.answers) for q in self.questions])

    @property
    def by_id(self) -> dict[str, Question]:
        """The questions by question id."""
        return {q.question_id: q for q in self.questions}


def choose_questions(store: ArtifactStore, shards: Sequence[str], split: str, at_most: int) -> QuestionSet:
    """Choose, of the labelled questions of a split in these shards, those with the smallest hashed ids.

    A question's place does not depend on which others exist, so a grown data set keeps most of the old
    choice. Raises DataError if the split has no labelled question, MissingShardError if a shard is gone.
    """
    labelled: list[tuple[str, str, Question]] = []
    unlabelled = 0
    for shard in shards:
        frame = store.read_shard(QUESTIONS, shard).filter(pl.col("split") == split)
        for question in QUESTIONS.rows(frame):
            if question.answers:
                labelled.append((_rank(question.question_id), shard, question))
            else:
                unlabelled += 1
    if not labelled:
        raise DataError(
            f"no labelled question in split {split!r} of {len(shards)} shards of {store.uri}: "
            "train on a source with labelled test questions"
        )
    chosen = sorted(labelled, key=lambda entry: entry[0])[:at_most]
    return QuestionSet(
        questions=tuple(sorted((q for _, _, q in chosen), key=lambda q: (q.image_id, q.question_id))),
        shard_of={q.question_id: shard for _, shard, q in chosen},
        shards=tuple(shards),
        split=split,
        available=len(labelled),
        unlabelled=unlabelled,
    )


def find_questions(store: ArtifactStore, question_ids: Collection[str]) -> list[tuple[str, Question]]:
    """Return (shard, question) for those of the ids that are in the store, in no particular order."""
    return [
        (shard, question)
        for shard, frame in store.iter_shards(QUESTIONS)
        for question in QUESTIONS.rows(frame.filter(pl.col("question_id").is_in(list(question_ids))))
    ]


def _rank(question_id: str) -> str:
    return hashlib.sha256(question_id.encode()).hexdigest()
