"""Seconds per question: the student in both modes, and the programs that it replaces.

`vpd bench inference --json` prints it. A student like the demo's is trained first, as
long as it takes to write sentences that end. Then all answer the same questions, one about each picture, so
that nothing seen for one question helps with the next; in each turn one after the other, on all cores.

    student_answer, student_rationale   the student, read from its folder
    programs_opencv                     the first recorded program of each question, with the demo's tools
    programs_neural                     the same programs with the tools for photographs (NanoDet and others)
    programs_owlv2                      the same with tools like the paper's: shapes of OWLv2 base and Depth
                                        Anything small, random weights

each `single`, one question at a time, and `batched`, 32 at a time. Writing the programs is not in it. Neural
tools know no cubes, so the programs ask them for things that they know; what they answer means nothing, and
programs that find nothing have less to do: the time is no overestimate. OWLv2 takes seconds, so it is asked
the first few questions alone.

    seconds_per_question   the least, median and greatest of the turns
    tokens                 that the student writes per question; `target_tokens`: of what it learned from
    answered               share of programs that ended with an answer
    programs_*_over_*      time of the programs over that of the student
"""

import ast
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from statistics import mean, median
from typing import Any

from PIL import Image

from benchmarks._lessons import Lesson, lessons, write_lessons
from benchmarks._models import realistic_model
from vpd.distill.config import TrainConfig
from vpd.distill.generate import Student
from vpd.errors import ModelFileError
from vpd.execution.engine import open_engine
from vpd.execution.run import Job
from vpd.rationale.prompts import Mode
from vpd.records import EXAMPLES
from vpd.settings import load_settings
from vpd.store import ArtifactStore
from vpd.tools.hub import hub_toolset
from vpd.tools.photos.methods import photo_tools
from vpd.tools.photos.models import open_eyes
from vpd.tools.photos.seeing import remembering
from vpd.tools.protocol import ToolSet
from vpd.tools.toolset import SCENES

PICTURES = 288  # to learn from
STEPS = 400
QUESTIONS = 64
FEW = {"programs_owlv2": 2}  # questions of ways that take seconds each
BATCH = 32
TURNS = 5
MODES: tuple[Mode, ...] = ("answer", "rationale")
SIZES = {"single": 1, "batched": BATCH}
_ROOT = Path(__file__).parents[1]
_NOUNS = {"cube": "cup", "sphere": "sports ball", "cylinder": "bottle"}
_NOUN = re.compile(rf"\b({'|'.join(_NOUNS)})s?\b")
_SIZE = re.compile(r"\b(?:small|large) (?=\w)")

Figures = dict[str, Any]
Given = list[str | None]
Answerer = Callable[[Sequence[Lesson]], Given]
Way = Callable[[], AbstractContextManager[Answerer]]


def run(
    pictures: int = PICTURES, steps: int = STEPS, questions: int = QUESTIONS, turns: int = TURNS
) -> Figures:
    """Train a student, and let it and the programs answer."""
    figures: Figures = {"cores": len(os.sched_getaffinity(0)), "load_average": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        student, targets = _student(folder, pictures, steps)
        ways = _ways(student, folder, figures)
        asked = one_a_picture(questions + 1)
        for _ in range(turns):
            for name, way in ways.items():
                for size_name, size in SIZES.items():
                    seconds, given = _timed(way, asked[: 1 + FEW.get(name, questions)], size)
                    found = figures.setdefault(name, {}).setdefault(size_name, {"turns": [], "given": given})
                    found["turns"].append(seconds)
    return _described(figures, ways, student, targets)


def _ways(student: Student, folder: Path, figures: Figures) -> dict[str, Way]:
    """Return who answers by name; what is left out is said in the figures."""
    ways: dict[str, Way] = {f"student_{mode}": partial(_asking, student, mode) for mode in MODES}
    ways["programs_opencv"] = partial(_running, SCENES.open, str)
    try:
        _neural_tools()
        ways["programs_neural"] = partial(_running, _neural_tools, with_known_names)
    except ModelFileError as error:
        figures["programs_neural"] = {"left_out": str(error)}
    large = folder / "tools.toml"
    detector, depth = (realistic_model(kind, folder) for kind in ("owlv2", "depth_anything"))
    large.write_text(f'detector = {{ model = "{detector}" }}\ndepth = {{ model = "{depth}" }}\n')
    ways["programs_owlv2"] = partial(_running, hub_toolset(large).open, with_known_names)
    return ways


def _timed(way: Way, asked: Sequence[Lesson], size: int) -> tuple[float, Given]:
    """Return seconds per question, and what was given; the first question is not timed."""
    first, rest = asked[:1], asked[1:]
    with way() as answer:
        answer(first)
        started = time.perf_counter()
        given = [text for i in range(0, len(rest), size) for text in answer(rest[i : i + size])]
        return (time.perf_counter() - started) / len(rest), given


@contextmanager
def _asking(student: Student, mode: Mode) -> Iterator[Answerer]:
    def answer(part: Sequence[Lesson]) -> Given:
        images = [Image.fromarray(lesson.picture.pixels) for lesson in part]
        return list(student.answer(images, [lesson.asked.text for lesson in part], mode, BATCH))

    yield answer


@contextmanager
def _running(tools: Callable[[], ToolSet], rewrite: Callable[[str], str]) -> Iterator[Answerer]:
    """Open tools and an engine that have seen nothing yet."""
    with open_engine(tools()) as engine:

        def answer(part: Sequence[Lesson]) -> Given:
            jobs = [Job(rewrite(lesson.programs[0]), lesson.picture) for lesson in part]
            return [run.answer for _, run in engine.run(jobs)]

        yield answer


def _neural_tools() -> ToolSet:
    """Load the models; raises ModelFileError."""
    return ToolSet("photos", photo_tools(remembering(open_eyes(load_settings().model_dir))))


def _described(
    figures: Figures, ways: Mapping[str, Way], student: Student, targets: Mapping[Mode, float]
) -> Figures:
    turns = {(name, size): figures[name][size].pop("turns") for name in ways for size in SIZES}
    given = {name: [figures[name][size].pop("given") for size in SIZES][-1] for name in ways}
    for (name, size), seconds in turns.items():
        figures[name][size]["seconds_per_question"] = _spread(seconds)
    for mode in MODES:
        name = f"student_{mode}"
        written = [len(ids) for ids in student.collate.tokenizer(given[name])["input_ids"]]
        figures[name] |= {"tokens": mean(written), "target_tokens": targets[mode]}
        for programs in ways.keys() - {f"student_{other}" for other in MODES}:
            figures[programs]["answered"] = mean(text is not None for text in given[programs])
            figures[f"{programs}_over_{name}"] = {
                size: _spread([p / s for p, s in zip(turns[programs, size], turns[name, size], strict=True)])
                for size in SIZES
            }
    return figures


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"min": min(values), "median": median(values), "max": max(values)}


def one_a_picture(count: int) -> list[Lesson]:
    """Return a question with a recorded program about each of so many pictures, families in turn."""
    found: dict[str, Lesson] = {}
    for lesson in lessons(2 * count):
        if lesson.programs:
            found.setdefault(lesson.picture.image_id, lesson)
    return list(found.values())[:count]


def with_known_names(source: str) -> str:
    """Return a program that asks for things that the tools for photographs know, of any size."""
    return ast.unparse(_Renamed().visit(ast.parse(source)))


class _Renamed(ast.NodeTransformer):
    """Changes the nouns in texts."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        if not isinstance(node.value, str):
            return node
        known = _NOUN.sub(lambda found: _NOUNS[found[1]], node.value)
        return ast.Constant(_SIZE.sub("", known))


def _student(folder: Path, pictures: int, steps: int) -> tuple[Student, dict[Mode, float]]:
    """Train a student; returns it and the mean tokens of what it learned to write, its end included."""
    store = ArtifactStore.open(str(folder / "store"))
    shards = write_lessons(store, pictures)
    output, settings = folder / "run", folder / "run.json"
    config = TrainConfig(
        store=store.uri, shards=shards, arm="student", output=output, steps=steps, eval_questions=0
    )
    config.save(settings)
    launch = [sys.executable, "-m", "vpd.distill.launch", "--ranks", "2", "--config", str(settings)]
    subprocess.run(launch, cwd=_ROOT, check=True, stdout=subprocess.DEVNULL)
    student = Student.load(output / "model")
    rows = [row for shard in shards for row in EXAMPLES.rows(store.read_shard(EXAMPLES, shard))]
    texts = {mode: [row.target for row in rows if row.mode == mode] for mode in MODES}
    read = student.collate.tokenizer
    return student, {mode: 1 + mean(map(len, read(of)["input_ids"])) for mode, of in texts.items()}
