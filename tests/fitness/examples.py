"""Two shards of examples of easy scenes, made from real runs with oracle tools, and faults planted in them.

Every scene has two questions, each with one right program. Pictures 0 to 3 are in shard s-000, the others in
s-001; in each shard the last picture is in val.
"""

import io
import typing
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
from PIL import Image as PillowImage

from vpd.datasets.scenes.generate import generate_scene
from vpd.datasets.scenes.world import EASY, Scene
from vpd.execution.engine import EngineSettings, open_engine
from vpd.execution.run import Job, Run
from vpd.execution.trace import events_to_json
from vpd.fitness.report import CheckName, Report
from vpd.rationale.prompts import Mode, prompt_for
from vpd.rationale.provenance import example_id
from vpd.records import (
    EXAMPLES,
    IMAGES,
    PROGRAMS,
    QUESTIONS,
    TRACES,
    VERDICTS,
    Candidate,
    Example,
    Image,
    Question,
    Table,
    Trace,
    Verdict,
)
from vpd.store import ArtifactStore
from vpd.tools.oracle import oracle_toolset
from vpd.tools.protocol import Picture

SCENES = 8
SHARDS = ("s-000", "s-001")
NAMES = ("red sphere", "blue cube")
Where = Callable[[Any], bool]


def write_clean_store(store: ArtifactStore) -> None:
    """Write the two shards, and all they are made from, into an empty store."""
    scenes = {store.put_blob(png): scene for scene, png in (generate_scene(EASY, n) for n in range(SCENES))}
    runs = _runs(store, scenes)
    for number, shard in enumerate(SHARDS):
        ids = list(scenes)[4 * number : 4 * number + 4]
        splits = dict(zip(ids, ("train", "train", "train", "val"), strict=True))
        images = [
            filled(Image, image_id=i, split=s, width=scenes[i].width, height=scenes[i].height)
            for i, s in splits.items()
        ]
        questions = [_question(i, name, split, runs) for i, split in splits.items() for name in NAMES]
        programs = [
            filled(Candidate, candidate_id=n, question_text=_text(n), program_id=n, source=_source(n))
            for n in NAMES
        ]
        write(store, shard, IMAGES, images)
        write(store, shard, QUESTIONS, questions)
        write(store, shard, PROGRAMS, programs)
        write(store, shard, TRACES, [_trace(q, runs[q.question_id]) for q in questions])
        write(store, shard, VERDICTS, [_verdict(q) for q in questions])
        write(store, shard, EXAMPLES, [e for q in questions for e in _examples(q)])


def told(row: Any) -> bool:
    """Pick the rationale of one question of val."""
    return bool(row.mode == "rationale" and row.split == "val" and row.family == NAMES[0])


def said(row: Any) -> bool:
    """Pick the answer-mode example of the same question."""
    return bool(row.mode == "answer" and row.split == "val" and row.family == NAMES[0])


def of_val(row: Any) -> bool:
    """Pick all of val."""
    return bool(row.split == "val")


def problems(report: Report) -> dict[CheckName, dict[str, int]]:
    """Return the counts of problems by check and kind, of the checks that found some."""
    return {name: dict(check.counts) for name, check in report.checks.items() if check.counts}


def filled(kind: type[Any], **values: Any) -> Any:
    """Return a row with empty values in the columns that are not given."""
    empty: dict[Any, Any] = {str: "", int: 0, float: 0.0, bool: False, tuple[str, ...]: ()}
    hints = typing.get_type_hints(kind)
    return kind(**{f.name: values.get(f.name, empty.get(hints[f.name])) for f in fields(kind)})


def changed(row: Any, **changes: Any) -> Any:
    """Return a changed row; an example gets the id of its new target, unless that is changed too."""
    row = replace(row, **changes)
    if not isinstance(row, Example) or "example_id" in changes:
        return row
    return replace(row, example_id=example_id(row.question_id, row.mode, row.target))


def add_rows(store: ArtifactStore, shard: str, table: Table[Any], *rows: Any) -> None:
    """Write further rows into a shard."""
    write(store, shard, table, [*table.rows(store.read_shard(table, shard)), *rows])


def examples_of(store: ArtifactStore, shard: str) -> list[Example]:
    """Return the examples of a shard."""
    return EXAMPLES.rows(store.read_shard(EXAMPLES, shard))


def saved_again(png: bytes) -> bytes:
    """Return the same picture as a JPEG of half the size."""
    buffer = io.BytesIO()
    picture = PillowImage.open(io.BytesIO(png)).convert("RGB")
    picture.resize((picture.width // 2, picture.height // 2)).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def write(store: ArtifactStore, shard: str, table: Table[Any], rows: list[Any]) -> None:
    """Write a shard."""
    store.write_shard(table, shard, table.frame(rows), "f")


def _runs(store: ArtifactStore, scenes: dict[str, Scene]) -> dict[str, Run]:
    jobs = [
        Job(_source(name), Picture(image_id, _pixels(store.get_blob(image_id))), f"{image_id[:8]} {name}")
        for image_id in scenes
        for name in NAMES
    ]
    with open_engine(oracle_toolset(scenes), EngineSettings(in_flight=4)) as engine:
        return {job.tag: run for job, run in engine.run(jobs)}


def _question(image_id: str, name: str, split: str, runs: dict[str, Run]) -> Question:
    question_id = f"{image_id[:8]} {name}"
    about = {"image_id": image_id, "split": split, "family": name, "text": _text(name)}
    answers = (runs[question_id].answer,)
    question: Question = filled(Question, question_id=question_id, answers=answers, **about)
    return question


def _trace(question: Question, run: Run) -> Trace:
    trace: Trace = filled(
        Trace,
        trace_id=f"t {question.question_id}",
        question_id=question.question_id,
        image_id=question.image_id,
        program_id=question.family,
        outcome="answered",
        answer=run.answer,
        events_json=events_to_json(run.events),
        tools_version="oracle",
    )
    return trace


def _verdict(question: Question) -> Verdict:
    ids = {f"{kind}_id": f"{kind[0]} {question.question_id}" for kind in ("verdict", "trace")}
    verdict: Verdict = filled(Verdict, **ids, question_id=question.question_id, kept=True, chosen=True)
    return verdict


def _examples(question: Question) -> list[Example]:
    label = question.answers[0]
    text = f"There is {'a' if label == 'yes' else 'no'} {question.family}. The answer is {label}."
    ids = {f"{kind}_id": f"{kind[0]} {question.question_id}" for kind in ("verdict", "trace")}
    rationale = _example(question, "rationale", text, **ids, renderer="template@2")
    return [_example(question, "answer", label), rationale]


def _example(question: Question, mode: Mode, target: str, **traced: str) -> Example:
    columns = {name: getattr(question, name) for name in ("question_id", "image_id", "split", "family")}
    columns |= {"prompt": prompt_for(question.text, mode), "answer": question.answers[0]}
    example: Example = changed(filled(Example, **columns, **traced, mode=mode, target=target))
    return example


def _text(name: str) -> str:
    return f"Is there a {name}?"


def _source(name: str) -> str:
    body = f"return bool_to_yesno(image_patch.exists('{name}'))"
    return f"def execute_command(image):\n    image_patch = ImagePatch(image)\n    {body}"


def _pixels(png: bytes) -> Any:
    return np.asarray(PillowImage.open(io.BytesIO(png)).convert("RGB"))
