"""Worked examples are programs, run, give true answers, and are not what is evaluated."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

import vpd.datasets
from vpd.datasets.scenes.questions import bank
from vpd.datasets.scenes.world import LEVELS
from vpd.execution.engine import EngineSettings, open_engine
from vpd.execution.program import Program, canonical
from vpd.execution.run import Job
from vpd.geometry import Box
from vpd.sampling.prompt import build_messages
from vpd.tools.examples.photos import PHOTO_EXAMPLES
from vpd.tools.examples.scenes import SCENE_EXAMPLES
from vpd.tools.methods import IMAGE_PATCH, Plain
from vpd.tools.protocol import Detection, Picture, ToolCard, ToolRequest, ToolResult, ToolSet
from vpd.tools.toolset import find_toolset

QUESTIONS = Path(vpd.datasets.__file__).parent / "photos" / "questions.jsonl"
THINGS = {
    "zebra": ((0, 40), (50, 40), (80, 40)),
    "umbrella": ((10, 0),),
    "suitcase": ((20, 70),),
    "kite": ((60, 0),),
    "elephant": ((30, 30),),
    "bench": ((70, 60),),
    "cow": ((0, 0), (15, 0)),
    "sheep": ((30, 0),),
    "person": ((35, 32),),
    "horse": ((70, 0),),
    "stop sign": ((85, 10),),
    "surfboard": ((50, 70),),
    "skateboard": ((0, 90),),
}
"""Names with the left top corners of their 9 by 9 boxes in a picture of 100 by 100."""
TRUE_ANSWERS = {
    "How many zebras are in the picture?": "3",
    "Is there a giraffe?": "no",
    "What color is the umbrella?": "green",
    "Is the suitcase purple?": "yes",
    "Is the kite pink or yellow?": "yellow",
    "Which animal is this?": "elephant",
    "Is the elephant to the left of the bench?": "yes",
    "Are there more cows than sheep?": "yes",
    "Which is bigger, the surfboard or the skateboard?": "surfboard",
    "Is anybody on the elephant?": "yes",
    "What color is the tent?": "orange",
    "Is the girl taller than the horse?": "no",
    "What does the stop sign say?": "STOP",
    "Does the word bakery appear?": "yes",
    "How many zebras are in the right half?": "2",
    "What does this animal eat?": "grass",
}


def boxes(name: str) -> list[Box]:
    wide = 20 if name == "surfboard" else 9
    return [Box(x, y, x + wide, y + 9) for x, y in THINGS.get(name, ())]


class TrueTool:
    """Knows what is in the one picture of these tests."""

    def __init__(self, method: str) -> None:
        self.card = ToolCard(IMAGE_PATCH[method].kind, "true@1")
        self._answer: Callable[[ToolRequest], Plain] = getattr(self, f"_{method}", lambda request: None)
        self._finds = method == "find"

    def run(self, batch: Sequence[ToolRequest]) -> list[ToolResult]:
        if self._finds:
            return [ToolResult(tuple(Detection(b, 0.9) for b in boxes(str(r.args[0])))) for r in batch]
        return [ToolResult(self._answer(request)) for request in batch]

    def _exists(self, request: ToolRequest) -> bool:
        return bool(boxes(str(request.args[0])))

    def _verify_property(self, request: ToolRequest) -> bool:
        return request.args == ("suitcase", "purple") and request.region in boxes("suitcase")

    def _best_text_match(self, request: ToolRequest) -> str:
        assert request.region in boxes("kite")
        return "yellow"

    def _simple_query(self, request: ToolRequest) -> str:
        if "tent" in str(request.args[0]):
            return "orange"
        if "color" in str(request.args[0]):
            return "green" if request.region in boxes("umbrella") else "unknown"
        return "elephant"

    def _read_text(self, request: ToolRequest) -> str:
        return "STOP" if request.region in boxes("stop sign") else "STOP Old Bakery"

    def _llm_query(self, request: ToolRequest) -> str:
        return "grass" if "elephant" in str(request.args[0]) else "unknown"


@pytest.mark.parametrize("example", [*SCENE_EXAMPLES, *PHOTO_EXAMPLES], ids=lambda e: e.question)
def test_examples_every_program_is_a_program(example):
    assert isinstance(canonical(example.program), Program)


def test_examples_about_photographs_give_their_true_answers():
    picture = Picture("a" * 64, np.zeros((100, 100, 3), np.uint8))
    toolset = ToolSet("true", {method: TrueTool(method) for method in IMAGE_PATCH})
    jobs = [Job(e.program, picture, e.question) for e in PHOTO_EXAMPLES]
    with open_engine(toolset, EngineSettings(in_flight=4)) as engine:
        answers = {job.tag: run.answer or run.message for job, run in engine.run(jobs)}
    assert answers == TRUE_ANSWERS


def test_examples_none_is_an_evaluated_question():
    asked = {form.text for level in LEVELS.values() for form in bank(level)}
    asked |= {json.loads(line)["question"] for line in QUESTIONS.read_text().splitlines()}
    assert not asked & {example.question for example in (*SCENE_EXAMPLES, *PHOTO_EXAMPLES)}


@pytest.mark.parametrize("name", ["scenes", "photos"])
def test_prompt_holds_the_api_and_examples_of_the_tools_and_ends_with_the_question(name):
    toolset = find_toolset(name)
    messages = build_messages("Is there a dog?", name)
    shown = [method for method in IMAGE_PATCH if f"def {method}(self" in messages[0]["content"]]
    assert set(shown) == set(toolset.methods)
    assert [m["role"] for m in messages[1:]] == ["user", "assistant"] * len(toolset.examples) + ["user"]
    assert messages[-1]["content"] == "Is there a dog?"
