"""Other pictures on which the same question is asked and has a label: what a program is probed on.

They come from the train split of the same source: the shard itself and the first shards that are committed,
so that the cost of a shard does not grow with the source. Of many, those are taken that cover the different
answers evenly (ViUniT, arXiv 2412.08859: cover answers first), in an order by hash, each picture once. A text
that has no label anywhere is probed on unlabelled questions, which show agreement alone.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

import polars as pl

from vpd.datasets.sources import source_of
from vpd.records import QUESTIONS, Question
from vpd.scoring.score import answer_key
from vpd.store import ArtifactStore

BANK_SHARDS = 16
Asks = tuple[str, tuple[str, ...]]


def probe_questions(
    store: ArtifactStore, shard: str, asked: Collection[Asks], pictures: int
) -> dict[Asks, tuple[Question, ...]]:
    """Return at most `pictures` questions for each of what is asked; none where there are none."""
    known = [name for name in store.shards(QUESTIONS) if source_of(name) == source_of(shard)]
    texts = pl.Series("text", sorted({text for text, _ in asked}), pl.String())
    found: dict[Asks, dict[str, Question]] = defaultdict(dict)
    for name in sorted({shard, *known[:BANK_SHARDS]}):
        frame = store.read_shard(QUESTIONS, name)
        wanted = frame.filter((pl.col("split") == "train") & pl.col("text").is_in(texts.implode()))
        for question in QUESTIONS.rows(wanted):
            found[question.asks][question.question_id] = question
    return {asks: _cover(found[asks].values(), pictures) for asks in asked}


def _cover(questions: Iterable[Question], pictures: int) -> tuple[Question, ...]:
    """Return questions whose labels take turns; unlabelled ones only if none has a label."""
    in_order = sorted(questions, key=lambda q: hashlib.sha256(q.question_id.encode()).digest())
    by_answer: Mapping[str, list[Question]] = defaultdict(list)
    taken: set[str] = set()
    for question in [q for q in in_order if q.answers] or in_order:
        if question.image_id not in taken:
            taken.add(question.image_id)
            by_answer[answer_key(question.answers[0]) if question.answers else ""].append(question)
    rows = [by_answer[answer] for answer in sorted(by_answer)]
    turns = (row[turn] for turn in range(pictures) for row in rows if turn < len(row))
    return tuple(q for q, _ in zip(turns, range(pictures), strict=False))
