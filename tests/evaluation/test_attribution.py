"""Wrong answers made on purpose: by a wrong program, and by tools that see wrong."""

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image as Pictures

from tests.evaluation.conftest import candidate
from tests.evaluation.seeing import BALL, BLUE, HIGH, RED, SCENE, WIDE, tools_that_see
from vpd.datasets.scenes.world import SceneObject
from vpd.evaluation.attribution import Rerun, rerun
from vpd.evaluation.questions import choose_questions
from vpd.execution.engine import EngineSettings, open_engine
from vpd.execution.stage import execute_programs
from vpd.execution.trace import Run
from vpd.records import IMAGES, PROGRAMS, QUESTIONS, Image, Question
from vpd.store import ArtifactStore

SHARD = "toy-000"
HEAD = "def execute_command(image):\n    p = ImagePatch(image)\n    "
RIGHT = HEAD + "return len(p.find('cube'))"
OTHER = HEAD + "return len(p.find('object'))"
FRAGILE = HEAD + "return len(p.find('cube')) * p.find('blue cube')[0].compute_depth() / 6"
FAILS = HEAD + "return p.find('cone')[0].simple_query('What color is it?')"
TRUE = (RED, BLUE, BALL)  # two cubes
ONE_CUBE = (RED, BALL)
TWO_OBJECTS = (RED, BLUE)

Runs = Callable[[Sequence[str], Sequence[SceneObject]], list[Rerun]]


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    """Run programs for "How many cubes are there?" with tools that see these objects, then again."""

    def run(sources: Sequence[str], seen: Sequence[SceneObject]) -> list[Rerun]:
        store = ArtifactStore.open(str(tmp_path / "store"))
        data = io.BytesIO()
        Pictures.new("RGB", (WIDE, HIGH)).save(data, "PNG")
        image_id = store.put_blob(data.getvalue())
        image = Image(image_id, "toy/0", "toy", "test", WIDE, HIGH, "image/png", len(data.getvalue()))
        text = "How many cubes are there?"
        question = Question("q", image_id, text, ("2",), (), "count", "test", False, "toy")
        programs = [candidate(text, place, source) for place, source in enumerate(sources)]
        for table, rows in ((IMAGES, [image]), (QUESTIONS, [question]), (PROGRAMS, programs)):
            store.write_shard(table, SHARD, table.frame(rows), "made up")
        with open_engine(tools_that_see(seen), EngineSettings(in_flight=2)) as engine:
            execute_programs(store, SHARD, engine)
        return list(rerun(store, choose_questions(store, [SHARD], "test", 10), {image_id: SCENE}))

    return run


@pytest.mark.parametrize(
    ("source", "seen", "fault"),
    [
        (RIGHT, TRUE, "right"),
        (OTHER, TWO_OBJECTS, "lucky"),
        (RIGHT, ONE_CUBE, "tool_error"),
        (OTHER, TRUE, "program_error"),
        (FRAGILE, ONE_CUBE, "tool_failure"),
        (FAILS, TRUE, "program_failure"),
    ],
)
def test_fault_of_a_wrong_program_and_of_tools_that_see_wrong(
    runs: Runs, source: str, seen: Sequence[SceneObject], fault: str
) -> None:
    assert [run.fault for run in runs([source], seen)] == [fault]


def test_every_distinct_program_of_a_question_is_run_again(runs: Runs) -> None:
    found = runs([RIGHT, OTHER, FAILS, RIGHT], ONE_CUBE)
    assert sorted(run.fault for run in found) == ["lucky", "program_failure", "tool_error"]


def test_run_that_broke_is_nobodys_mistake(runs: Runs) -> None:
    [run] = runs([RIGHT], TRUE)
    assert replace(run, trace=replace(run.trace, outcome="crash", answer=None)).fault == "crash"
    assert replace(run, exact=Run("crash", None, ())).fault == "crash"
