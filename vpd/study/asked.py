"""The questions that every run of a study is asked: of the test split, about all or the first pictures."""

from collections.abc import Sequence
from dataclasses import replace

from vpd.evaluation.questions import QuestionSet, choose_questions
from vpd.store import ArtifactStore

_ALL = 10**9


def questions_of(store: ArtifactStore, shards: Sequence[str], pictures: int | None) -> QuestionSet:
    """Return the labelled questions of the test split about the first pictures by id, which is a hash.

    Raises DataError if there are none.
    """
    every = choose_questions(store, shards, "test", _ALL)
    chosen = set(sorted({q.image_id for q in every.questions})[:pictures])
    questions = tuple(q for q in every.questions if q.image_id in chosen)
    shard_of = {q.question_id: every.shard_of[q.question_id] for q in questions}
    return replace(every, questions=questions, shard_of=shard_of)
