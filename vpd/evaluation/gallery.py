"""Test questions for the report's gallery, with everything that is known about them.

Chosen by a stable hash, in turn from four groups (student right or wrong, program right or wrong) and within
a group in turn from the families, so that failures are shown as readily as successes.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import polars as pl

from vpd.evaluation.boxes import read_boxes
from vpd.evaluation.questions import find_questions
from vpd.evaluation.results import Evaluation
from vpd.execution.trace import TraceEvent, events_from_json
from vpd.geometry import Box
from vpd.inspect.drawing import Embedded, embed
from vpd.inspect.sample import spread
from vpd.inspect.wording import described, patches
from vpd.records import EXAMPLES, PREDICTIONS, PROGRAMS, TRACES, VERDICTS, Prediction, Question, Row, Table
from vpd.store import ArtifactStore

_LARGEST_FILE = 60_000  # bytes; a larger picture file is embedded as a small JPEG
_LARGEST_SIDE = 360  # pixels of that JPEG
_MOST_STEPS = 14


@dataclass(frozen=True)
class Item:
    """One question of the gallery. Boxes are on the 0-1000 grid."""

    question: Question
    picture: Embedded
    trace_boxes: tuple[Box, ...]
    student_boxes: tuple[Box, ...]
    program: str
    outcome: str
    reason: str
    program_answer: str | None
    program_right: bool
    steps: tuple[str, ...]
    rationale: str
    said: Mapping[tuple[str, str], Prediction]


def gallery(store: ArtifactStore, evaluation: Evaluation, size: int) -> list[Item]:
    """Return `size` items, fewer if there are fewer questions.

    Raises MissingShardError if a shard that the evaluation rests on is gone.
    """
    said = _predictions(store, evaluation)
    shard_of = {question: shard for shard, question in find_questions(store, said)}
    chosen = _choose(list(shard_of), said, size)
    found: dict[str, Item] = {}
    for shard in {shard_of[q] for q in chosen}:
        for item in _items(store, shard, [q for q in chosen if shard_of[q] == shard], said):
            found[item.question.question_id] = item
    return [found[q.question_id] for q in chosen]


def _predictions(
    store: ArtifactStore, evaluation: Evaluation
) -> dict[str, dict[tuple[str, str], Prediction]]:
    said: dict[str, dict[tuple[str, str], Prediction]] = defaultdict(dict)
    for result in evaluation.results:
        for prediction in PREDICTIONS.rows(store.read_shard(PREDICTIONS, result.shard)):
            said[prediction.question_id][result.model, result.mode] = prediction
    return said


def _choose(
    questions: Sequence[Question], said: Mapping[str, Mapping[tuple[str, str], Prediction]], size: int
) -> list[Question]:
    def group(question: Question) -> tuple[bool, bool]:
        right = said[question.question_id]
        return right["student", "answer"].correct, right["programs", "program"].correct

    return list(islice(spread(questions, lambda q: q.question_id, group, lambda q: q.family), size))


def _items(
    store: ArtifactStore,
    shard: str,
    questions: Sequence[Question],
    said: Mapping[str, Mapping[tuple[str, str], Prediction]],
) -> Iterator[Item]:
    ids = [q.question_id for q in questions]

    def rows(table: Table[Row]) -> list[Row]:
        return table.rows(store.read_shard(table, shard).filter(pl.col("question_id").is_in(ids)))

    verdicts = sorted(rows(VERDICTS), key=lambda v: (not v.chosen, v.candidate_id))
    traces = {t.trace_id: t for t in rows(TRACES)}
    rationales = {e.question_id: e.target for e in rows(EXAMPLES) if e.mode == "rationale"}
    programs = {c.candidate_id: c for c in PROGRAMS.rows(store.read_shard(PROGRAMS, shard))}
    for question in questions:
        own = [v for v in verdicts if v.question_id == question.question_id]
        first = [v for v in own if v.chosen or programs[v.candidate_id].sample_index == 0]
        verdict = next(iter(first), None)
        trace = traces.get(verdict.trace_id or "") if verdict else None
        events = events_from_json(trace.events_json) if trace else ()
        picture = embed(store.get_blob(question.image_id), _LARGEST_FILE, _LARGEST_SIDE)
        explained = said[question.question_id]["student", "rationale"].text
        yield Item(
            question=question,
            picture=picture,
            trace_boxes=_found_boxes(events, picture),
            student_boxes=tuple(read_boxes(explained)),
            program=programs[verdict.candidate_id].source if verdict else "",
            outcome=verdict.outcome if verdict else "no program",
            reason=(trace.message if trace and trace.message else verdict.reason) if verdict else "",
            program_answer=verdict.answer if verdict else None,
            program_right=bool(verdict and verdict.correct),
            steps=_steps(events),
            rationale=rationales.get(question.question_id, ""),
            said=said[question.question_id],
        )


def _found_boxes(events: Sequence[TraceEvent], picture: Embedded) -> tuple[Box, ...]:
    found = [patch for e in events if e.kind == "tool" for patch in patches(e.value)]
    boxes = {patch.box.on_grid(picture.width, picture.height): None for patch in found}
    return tuple(Box(*box) for box in boxes)


def _steps(events: Sequence[TraceEvent]) -> tuple[str, ...]:
    steps = [f"line {e.line}: {described(e)}" for e in events[:_MOST_STEPS]]
    left_out = len(events) - len(steps)
    return (*steps, f"and {left_out} more") if left_out else tuple(steps)
