"""A small store of real runs, judged by hand, in two shards of one source.

The scene in pixels of a 100 x 100 picture: a red cube, a blue cube and a green sphere. Each question shows a
case of its own; its candidates are given by what verification said of them.
"""

import io
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from vpd.datasets.scenes.world import Scene, SceneObject
from vpd.datasets.sources import SourceSpec
from vpd.execution.engine import EngineSettings, open_engine
from vpd.execution.program import Program, canonical
from vpd.execution.run import Job
from vpd.execution.trace import Run, events_from_json, events_to_json
from vpd.export.folder import Export, export_dataset
from vpd.geometry import Box
from vpd.rationale.prompts import prompt_for
from vpd.rationale.render import RENDERER, render
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
    stable_id,
)
from vpd.scoring.normalize import normalize
from vpd.store import ArtifactStore
from vpd.tools.oracle import oracle_toolset
from vpd.tools.protocol import Picture

SIZE = 100
SHARDS = ("made-000", "made-001")
OBJECTS = (
    SceneObject("cube", "red", "large", "metal", 0.0, 3.0, 3.0, Box(10, 40, 30, 60), 1.0),
    SceneObject("cube", "blue", "small", "metal", 0.0, 2.0, 2.0, Box(50, 60, 62, 72), 1.0),
    SceneObject("sphere", "green", "small", "metal", 0.0, 4.0, 4.0, Box(70, 30, 82, 42), 1.0),
)

# Programs by name: the lines after `patch = ImagePatch(image)`.
BODIES = {
    "cubes": 'return str(len(patch.find("cube")))',
    "cubes in a loop": 'n = 0\nfor c in patch.find("cube"):\n    n += 1\nreturn str(n)',
    "spheres": 'return str(len(patch.find("sphere")))',
    "red cubes": 'cubes = patch.find("cube")\n'
    'red = [c for c in cubes if c.verify_property("cube", "red")]\nreturn str(len(red))',
    "green cubes": 'cubes = patch.find("cube")\n'
    'red = [c for c in cubes if c.verify_property("cube", "green")]\nreturn str(len(red))',
    "sixth cube": 'return patch.find("cube")[5].simple_query("What color is it?")',
    "is there a sphere": 'return bool_to_yesno(patch.exists("sphere"))',
    "is there a cone": 'return bool_to_yesno(patch.exists("cone"))',
}
SYNTAX = "def execute_command(image:\n    return"


def source(name: str) -> str:
    """Return a program as it ran."""
    body = BODIES[name].replace("\n", "\n    ")
    program = canonical(f"def execute_command(image):\n    patch = ImagePatch(image)\n    {body}")
    assert isinstance(program, Program)
    return program.source


@dataclass(frozen=True)
class Asked:
    """A question and what was tried for it: (program, what verification said)."""

    name: str
    text: str
    labels: tuple[str, ...]
    tried: tuple[tuple[str, str], ...]
    split: str = "train"
    choices: tuple[str, ...] = ()
    family: str = "count"
    picture: int = 0


COUNT = "How many cubes are there?"
CASES = (
    Asked(
        "count",
        COUNT,
        ("2",),
        (
            ("cubes", "chosen"),
            ("spheres", "wrong"),
            ("red cubes", "wrong"),
            ("sixth cube", "runtime"),
            ("broken", "syntax"),
            ("silent", "endpoint"),
        ),
    ),
    Asked("count again", COUNT, ("2",), (("cubes", "chosen"), ("spheres", "wrong")), picture=1),
    Asked("count elsewhere", COUNT, ("2",), (("cubes", "chosen"), ("spheres", "wrong")), "test", picture=2),
    Asked("refused", "How many blocks?", ("2",), (("cubes", "chosen"), ("cubes in a loop", "refused"))),
    Asked(
        "unlabelled",
        "Count the cubes.",
        (),
        (("cubes", "chosen"), ("cubes in a loop", "refused"), ("spheres", "wrong")),
    ),
    Asked("no answer kept", "Count something.", (), (("cubes", "refused"), ("spheres", "refused"))),
    Asked(
        "choices",
        "Is there a ball | a sphere?",
        ("yes",),
        (("is there a sphere", "chosen"), ("is there a cone", "wrong")),
        choices=("yes", "no"),
        family="exist",
    ),
    Asked("elsewhere", "Is there a cone?", ("no",), (("is there a cone", "chosen"),), "dev/odd", picture=3),
    Asked("none right", "How many green ones?", ("1",), (("green cubes", "wrong"), ("broken", "syntax"))),
    Asked("nothing tried", "Why?", ("2",), ()),
)
OF_SHARD = (CASES[:5], CASES[5:])


@pytest.fixture(scope="session")
def runs() -> dict[str, Run]:
    """Every program on the scene, with oracle tools."""
    scene = Scene("full", 0, SIZE, SIZE, OBJECTS)
    picture = Picture("scene", np.zeros((SIZE, SIZE, 3), np.uint8))
    jobs = [Job(source(name), picture, name) for name in BODIES]
    with open_engine(oracle_toolset({"scene": scene}), EngineSettings(in_flight=4)) as engine:
        return {job.tag: run for job, run in engine.run(jobs)}


@dataclass(frozen=True)
class Made:
    """The rows of one case."""

    question: Question
    candidates: list[Candidate]
    traces: list[Trace]
    verdicts: list[dict[str, Any]]
    examples: list[Example]


def picture_file(number: int) -> bytes:
    """Return a small PNG, another one for every number."""
    file = io.BytesIO()
    PillowImage.new("RGB", (SIZE, SIZE), (number, 10, 200)).save(file, "PNG")
    return file.getvalue()


Fill = Callable[..., ArtifactStore]


@pytest.fixture
def fill(tmp_path: Path, runs: dict[str, Run]) -> Fill:
    """Make a store of cases, a tuple of them for each shard."""

    def make(*shards: tuple[Asked, ...], register: bool = True) -> ArtifactStore:
        store = ArtifactStore.open(str(tmp_path / "store"))
        for number, cases in enumerate(shards):
            _write(store, f"made-{number:03d}", cases, runs)
        if register:
            spec = SourceSpec("made", "scenes", len(shards), {"seed": 7})
            store.put_document("sources/made", asdict(spec))
        return store

    return make


@pytest.fixture
def store(fill: Fill) -> ArtifactStore:
    """All cases."""
    return fill(*OF_SHARD)


@pytest.fixture
def exported(store: ArtifactStore, tmp_path: Path) -> Export:
    """All cases in all forms."""
    return export_dataset(store, SHARDS, tmp_path / "out")


def _write(store: ArtifactStore, shard: str, cases: tuple[Asked, ...], runs: dict[str, Run]) -> None:
    made = [_made(store, case, runs) for case in cases]
    images = {
        m.question.image_id: _image(store, m.question, c.picture) for m, c in zip(made, cases, strict=True)
    }
    candidates = {c.candidate_id: c for m in made for c in m.candidates}
    tables: tuple[tuple[Table[Any], Any], ...] = (
        (IMAGES, images.values()),
        (QUESTIONS, [m.question for m in made]),
        (PROGRAMS, candidates.values()),
        (TRACES, [t for m in made for t in m.traces]),
        (EXAMPLES, [e for m in made for e in m.examples]),
    )
    for table, rows in tables:
        store.write_shard(table, shard, table.frame(rows), "f")
    verdicts = VERDICTS.rows(VERDICTS.frame([]))
    verdicts += [VERDICTS.row(**v) for m in made for v in m.verdicts]
    store.write_shard(VERDICTS, shard, VERDICTS.frame(verdicts), "f")


def _image(store: ArtifactStore, question: Question, number: int) -> Image:
    data = picture_file(number)
    about = (f"{number}.png", "made", question.split, SIZE, SIZE, "image/png", len(data))
    return Image(store.put_blob(data), *about)


def _made(store: ArtifactStore, case: Asked, runs: dict[str, Run]) -> Made:
    image_id = store.put_blob(picture_file(case.picture))
    question = Question(
        case.name, image_id, case.text, case.labels, case.choices, case.family, case.split, False, "made"
    )
    made = Made(question, [], [], [], [])
    answer = normalize(case.labels[0]) if case.labels else None
    for place, (name, said) in enumerate(case.tried):
        candidate = _candidate(case, name, place)
        made.candidates.append(candidate)
        run = runs.get(name)
        trace_id = None
        if run is not None:
            trace_id = f"t-{case.name}-{name}"
            made.traces.append(_trace(question, candidate, run, trace_id))
        made.verdicts.append(_verdict(case, candidate, run, said, trace_id))
        if said == "chosen" and run is not None:
            events = events_from_json(events_to_json(run.events))
            text = render(source(name), events, run.answer or "", SIZE, SIZE, seed=case.name)
            made.examples.append(_example(question, "rationale", text, normalize(run.answer or ""), trace_id))
            answer = answer or normalize(run.answer or "")
    if answer is not None:
        made.examples.append(_example(question, "answer", answer, answer, None))
    return made


def _candidate(case: Asked, name: str, place: int) -> Candidate:
    problem = {"broken": "syntax: invalid syntax", "silent": "endpoint: no text came"}.get(name)
    return Candidate(
        candidate_id=stable_id(case.text, name),
        question_text=case.text,
        choices=case.choices,
        sample_index=place,
        round="first",
        program_id=None if problem else f"p-{name}",
        call_graph=None,
        source={"broken": SYNTAX, "silent": ""}.get(name) if problem else source(name),  # type: ignore[arg-type]
        problem=problem,
        prompt_sha256=stable_id(case.text),
        request_key="r",
        model="model-a",
        origin="record",
        temperature=0.5,
        logprob=-0.3,
        completion_tokens=9,
        prompt_tokens=80,
        cached_tokens=0,
        cost=None,
    )


def _trace(question: Question, candidate: Candidate, run: Run, trace_id: str) -> Trace:
    return Trace(
        trace_id=trace_id,
        question_id=question.question_id,
        image_id=question.image_id,
        program_id=candidate.program_id or "",
        outcome=run.outcome,
        answer=run.answer,
        message=run.message,
        line=run.line,
        limit_reached=None,
        events_json=events_to_json(run.events),
        tool_calls=run.tool_calls,
        cached_calls=0,
        tools_version="scenes[oracle]",
        isolation="vm",
        seconds=0.1,
    )


def _verdict(
    case: Asked, candidate: Candidate, run: Run | None, said: str, trace_id: str | None
) -> dict[str, Any]:
    """Return a verdict; columns that no export reads hold nothing."""
    nothing = {str: "", int: 0, float: 0.0, bool: False, tuple[str, ...]: ()}
    zero: dict[str, Any] = {}
    for column in VERDICTS.columns:
        kind = next(k for k in nothing if VERDICTS.schema[column.name].is_(_dtype(k)))
        zero[column.name] = None if column.nullable else nothing[kind]
    answered = run is not None and run.outcome == "answered"
    known = {
        "verdict_id": stable_id("v", case.name, candidate.candidate_id),
        "question_id": case.name,
        "candidate_id": candidate.candidate_id,
        "program_id": candidate.program_id,
        "trace_id": trace_id,
        "policy": "label@1" if case.labels else "agreement@1",
        "scorer": "vqa@1",
        "outcome": run.outcome if run is not None else said,
        "answer": normalize(run.answer or "") if run is not None and answered else None,
        "correct": said in ("chosen", "refused") if case.labels else None,
        "kept": said == "chosen",
        "chosen": said == "chosen",
    }
    return {**zero, **known}


def _dtype(kind: Any) -> Any:
    import polars as pl

    kinds = {str: pl.String(), int: pl.Int64(), float: pl.Float64(), bool: pl.Boolean()}
    return kinds.get(kind, pl.List(pl.String()))


def _example(question: Question, mode: Any, target: str, answer: str, trace_id: str | None) -> Example:
    return Example(
        example_id=stable_id(question.question_id, mode),
        question_id=question.question_id,
        image_id=question.image_id,
        split=question.split,
        family=question.family,
        held_out_text=False,
        mode=mode,
        prompt=prompt_for(question.text, mode, question.choices),
        target=target,
        answer=answer,
        verdict_id=None if trace_id is None else f"v-{question.question_id}",
        trace_id=trace_id,
        renderer="" if trace_id is None else RENDERER,
    )
