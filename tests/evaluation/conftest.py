"""A small store: two shards of drawn pictures with questions, programs, runs and verdicts; fake models."""

import io
import random
import shutil
import sys
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pictures
from PIL import ImageDraw

from vpd.datasets.scenes.world import Scene, SceneObject
from vpd.evaluation.answers import Mode
from vpd.evaluation.arms import Arm
from vpd.evaluation.evaluate import EvaluationSettings, evaluate
from vpd.evaluation.results import Evaluation
from vpd.evaluation.tracking import Tracking
from vpd.execution.trace import PatchRef, TraceEvent, events_from_json, events_to_json
from vpd.geometry import Box
from vpd.rationale.render import render
from vpd.records import (
    EXAMPLES,
    IMAGES,
    PROGRAMS,
    QUESTIONS,
    SCENE_TRUTH,
    TRACES,
    VERDICTS,
    Candidate,
    Example,
    Image,
    Question,
    SceneTruth,
    Trace,
    Verdict,
    stable_id,
)
from vpd.scoring.score import SCORER
from vpd.store import ArtifactStore

COLORS = {"red": "#d03030", "blue": "#3050d0", "green": "#30a040"}
SIDE = 96
K = 3
SOURCE = (
    "def execute_command(image):\n    image_patch = ImagePatch(image)\n    return len(image_patch.find('{}'))"
)
NAMES = ("cube", "{} cube", "unicorn")
EMPTY = {"String": "", "Int64": 0, "Float64": 0.0, "Boolean": False, "List(String)": ()}
SHARDS = ("toy-000", "toy-001")


@dataclass
class Rows:
    """The rows of one shard."""

    images: list[Image] = field(default_factory=list)
    truth: list[SceneTruth] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    programs: dict[str, Candidate] = field(default_factory=dict)
    traces: list[Trace] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)


@pytest.fixture
def store(tmp_path: Path, made_store: Path) -> ArtifactStore:
    """20 train and 12 test pictures with one to three squares; two questions each; three candidates a text.

    The first candidate counts squares of any colour, the second is right, the third fails.
    """
    return ArtifactStore.open(str(shutil.copytree(made_store, tmp_path / "store")))


@pytest.fixture(scope="session")
def made_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store that every test gets a copy of: making it takes longer than most tests."""
    folder = tmp_path_factory.mktemp("evaluation") / "store"
    store = ArtifactStore.open(str(folder))
    rng = random.Random(5)
    for number, shard in enumerate(SHARDS):
        rows = Rows()
        for i in range(16):
            _add_picture(store, rows, rng, f"{shard}/{i}", "train" if i < 10 else "test")
        for table, values in (
            (IMAGES, rows.images),
            (SCENE_TRUTH, rows.truth),
            (QUESTIONS, rows.questions),
            (PROGRAMS, rows.programs.values()),
            (TRACES, rows.traces),
            (EXAMPLES, rows.examples),
        ):
            stats = {"programs_per_second": 200.0} if table is TRACES else {}
            store.write_shard(table, shard, table.frame(values), f"made up {number}", stats)
        yields = {"count": _yields(rows), "all": _yields(rows)}
        store.write_shard(VERDICTS, shard, VERDICTS.frame(rows.verdicts), "made up", {"yields": yields})
    return folder


def _yields(rows: Rows) -> dict[str, int]:
    return {
        "questions": len(rows.questions),
        "labelled": len(rows.questions),
        "candidates": len(rows.verdicts),
        "labelled_candidates": len(rows.verdicts),
        "answered": sum(v.answer is not None for v in rows.verdicts),
        "correct": sum(bool(v.correct) for v in rows.verdicts),
        "any_correct": len(rows.questions),
        "kept_questions": len(rows.questions),
    }


def _add_picture(store: ArtifactStore, rows: Rows, rng: random.Random, ref: str, split: str) -> None:
    cells = rng.sample([(x, y) for x in (4, 34, 64) for y in (4, 34, 64)], rng.randint(1, 3))
    objects = tuple(
        SceneObject("cube", rng.choice(list(COLORS)), "large", "", 0, 0, 1, Box(x, y, x + 24, y + 24), 1)
        for x, y in cells
    )
    picture = Pictures.new("RGB", (SIDE, SIDE), "#e8e8e4")
    for o in objects:
        corners = (o.box.left, o.box.top, o.box.right - 1, o.box.bottom - 1)
        ImageDraw.Draw(picture).rectangle(corners, fill=COLORS[o.color])
    data = io.BytesIO()
    picture.putpixel((0, 0), (rng.randrange(256), rng.randrange(256), rng.randrange(256)))
    picture.save(data, "PNG")
    image_id = store.put_blob(data.getvalue())
    rows.images.append(Image(image_id, ref, "toy", split, SIDE, SIDE, "image/png", len(data.getvalue())))
    rows.truth.append(SceneTruth(image_id, ref, Scene("easy", 0, SIDE, SIDE, objects).to_json()))
    for color in ("red", "blue") if split == "train" else ("red", "green"):
        _add_question(rows, image_id, objects, color, split)


def _add_question(
    rows: Rows, image_id: str, objects: tuple[SceneObject, ...], color: str, split: str
) -> None:
    text = f"How many {color} cubes are there?"
    cubes = [o.box for o in objects]
    boxes = [o.box for o in objects if o.color == color]
    label = str(len(boxes))
    question = Question(
        stable_id(image_id, text), image_id, text, (label,), (), "count", split, color == "green", "toy"
    )
    rows.questions.append(question)
    for index, found in enumerate((cubes, boxes, None)):
        name = NAMES[index].format(color)
        written = candidate(text, index, SOURCE.format(name))
        rows.programs[written.candidate_id] = written
        trace = _trace(question, written, name, found)
        rows.traces.append(trace)
        rows.verdicts.append(_verdict(question, written, trace))
    source, events = SOURCE.format(f"{color} cube"), events_from_json(rows.traces[-2].events_json)
    rationale = render(source, events, label, SIDE, SIDE)
    rows.examples.append(
        Example(
            stable_id(question.question_id, "rationale"),
            question.question_id,
            image_id,
            split,
            "count",
            question.held_out_text,
            "rationale",
            text,
            rationale,
            label,
            rows.verdicts[-2].verdict_id,
            rows.traces[-2].trace_id,
            "toy@1",
        )
    )


def candidate(text: str, index: int, source: str) -> Candidate:
    """Return a program that was written for a text."""
    return Candidate(
        candidate_id=stable_id(text, index),
        question_text=text,
        choices=(),
        sample_index=index,
        round="first",
        program_id=stable_id(source),
        call_graph=stable_id("calls", source),
        source=source,
        problem=None,
        prompt_sha256="",
        request_key="",
        model="toy",
        origin="record",
        temperature=0.5,
        logprob=-0.2,
        completion_tokens=20,
        prompt_tokens=0,
        cached_tokens=0,
        cost=None,
    )


def _trace(question: Question, candidate: Candidate, name: str, boxes: list[Box] | None) -> Trace:
    answer = None if boxes is None else str(len(boxes))
    found = tuple(PatchRef(n, name, box) for n, box in enumerate(boxes or (), start=1))
    whole = PatchRef(0, "image", Box(0, 0, SIDE, SIDE))
    events = (
        TraceEvent(0, 3, "tool", "find", found, whole, (name,), 0.9),
        TraceEvent(1, 3, "return", f"len(image_patch.find('{name}'))", len(found)),
    )
    return Trace(
        stable_id(question.question_id, candidate.program_id),
        question.question_id,
        question.image_id,
        candidate.program_id or "",
        "runtime" if answer is None else "answered",
        answer,
        "there is no unicorn" if answer is None else None,
        3 if answer is None else None,
        None,
        events_to_json(events if answer is not None else ()),
        1,
        0,
        "toy@1",
        "vm",
        0.01,
    )


def _verdict(question: Question, candidate: Candidate, trace: Trace) -> Verdict:
    right = trace.answer == question.answers[0]
    neutral = {c.name: None if c.nullable else EMPTY[str(c.dtype)] for c in VERDICTS.columns}
    given = {
        "verdict_id": stable_id(question.question_id, candidate.candidate_id),
        "question_id": question.question_id,
        "candidate_id": candidate.candidate_id,
        "program_id": candidate.program_id,
        "trace_id": trace.trace_id,
        "policy": "label@1",
        "scorer": SCORER,
        "outcome": trace.outcome,
        "answer": trace.answer,
        "correct": right,
        "kept": right,
        "chosen": candidate.sample_index == 1,
        "reason": "answer equals label" if right else "answer differs from label",
    }
    return Verdict(**neutral | given)  # type: ignore[arg-type]


@dataclass
class FakeModel:
    """Says the right answer to a share of questions, chosen by hash, and counts how often it was asked."""

    right: float
    calls: list[Mode] = field(default_factory=list)
    fail_in: Mode | None = None
    rationale: str = "I find one at [42 42 292 292]. The answer is {answer}."

    def answer(
        self, images: Sequence[Pictures.Image], questions: Sequence[str], mode: Mode, batch_size: int
    ) -> list[str]:
        self.calls.append(mode)
        if mode == self.fail_in:
            raise KeyboardInterrupt
        return [self._say(i, q, mode) for i, q in zip(images, questions, strict=True)]

    def _say(self, image: Pictures.Image, question: str, mode: Mode) -> str:
        color = next(c for c in COLORS if c in question)
        rgb = tuple(int(COLORS[color][i : i + 2], 16) for i in (1, 3, 5))
        centers = [(x + 12, y + 12) for x in (4, 34, 64) for y in (4, 34, 64)]
        count = sum(image.getpixel(c) == rgb for c in centers)
        lucky = int(stable_id(image.tobytes().hex(), question), 16) % 1000 < 1000 * self.right
        answer = str(count if lucky else count + 1)
        return answer if mode == "answer" else self.rationale.format(answer=answer)


@pytest.fixture
def fake_model() -> type[FakeModel]:
    """The fake model's class."""
    return FakeModel


@pytest.fixture
def arm() -> Callable[[str, FakeModel], Arm]:
    """Make an arm of a fake model; its run id and checkpoint follow from name and skill."""

    def make(name: str, model: FakeModel) -> Arm:
        run = stable_id(name, model.right)
        return Arm(name, run, SHARDS, stable_id("checkpoint", run), lambda: model)

    return make


class TinyStudent:
    """Stands for vpd.distill.generate.Student: says what its checkpoint folder holds."""

    def __init__(self, word: str) -> None:
        self.word = word

    @classmethod
    def load(cls, folder: Path) -> "TinyStudent":
        return cls((folder / "word.txt").read_text())

    def answer(
        self, images: Sequence[Pictures.Image], questions: Sequence[str], mode: str, batch_size: int
    ) -> list[str]:
        explained = f"{images[0].size[0]} wide [0 0 500 500]. The answer is {self.word}."
        return [self.word if mode == "answer" else explained for _ in questions]


@pytest.fixture
def _tiny_student(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("vpd.distill.generate")
    module.Student = TinyStudent  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "vpd.distill.generate", module)


@pytest.fixture
def tracking(tmp_path: Path, empty_database: Path) -> Tracking:
    (tmp_path / "home").mkdir()
    shutil.copy(empty_database, tmp_path / "home" / "mlflow.db")
    return Tracking(f"sqlite:///{tmp_path / 'home' / 'mlflow.db'}")


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    (folder / "word.txt").write_text("red")
    return folder


def training_run(store: ArtifactStore, arm: str, run_id: str) -> dict[str, Any]:
    """The document of a finished training run of three steps, and of the file it leaves behind."""
    return {
        "run_id": run_id,
        "fingerprint": stable_id("fingerprint", run_id),
        "arm": arm,
        "config": {
            "store": store.uri,
            "steps": 3,
            "batch_size": 2,
            "seed": 0,
            "base": None,
            "lora": {"rank": 8},
        },
        "digests": {"toy-000": "ab" * 32, "toy-001": "cd" * 32},
        "train_questions": 20,
        "parameters": 10,
        "mlflow_run_id": None,
        "files": {"word.txt": store.put_blob(f"red {run_id}".encode())},
        "history": [{"step": float(step), "loss": 1 / step, "answer": 1 / step} for step in (1, 2, 3)],
    }


@pytest.fixture
def evaluated(
    store: ArtifactStore, arm: Callable[[str, FakeModel], Arm], fake_model: type[FakeModel]
) -> Callable[[float], Evaluation]:
    """Evaluate a student of some skill, with the document of its training run in the store."""

    def run(right: float) -> Evaluation:
        done = evaluate(
            store,
            arm("student", fake_model(right)),
            arm("instruct", fake_model(0.2)),
            EvaluationSettings(resamples=200),
        )
        for name in ("student", "instruct"):
            store.put_document(f"runs/{done.runs[name]}", training_run(store, name, done.runs[name]))
        return done

    return run
