"""Sentences that methods bring themselves: reading and knowledge, said and held against the trace."""

from collections.abc import Sequence

import numpy as np
import pytest

from vpd.execution.engine import EngineSettings, open_engine
from vpd.execution.program import Program, canonical
from vpd.execution.run import Job
from vpd.execution.trace import TraceEvent, events_from_json, events_to_json
from vpd.geometry import Box
from vpd.rationale.faithful import check_rationale
from vpd.rationale.render import render
from vpd.tools.methods import IMAGE_PATCH
from vpd.tools.protocol import Detection, Picture, ToolCard, ToolRequest, ToolResult, ToolSet

SIZE = 100
READS = """
signs = ImagePatch(image).find("sign")
texts = [sign.read_text() for sign in signs]
if texts[1] == "":
    return ImagePatch(image).llm_query("Who put up a 'STOP' sign? Answer in one word.")
return "nobody"
"""


class Reader:
    """Two signs: one says STOP. No. 5, the other nothing."""

    def __init__(self, method: str) -> None:
        self.method = method
        self.card = ToolCard(IMAGE_PATCH[method].kind, f"{method}@1")

    def run(self, batch: Sequence[ToolRequest]) -> list[ToolResult]:
        return [self._answer(request) for request in batch]

    def _answer(self, request: ToolRequest) -> ToolResult:
        if self.method == "find":
            return ToolResult((Detection(Box(10, 10, 30, 30), 0.9), Detection(Box(50, 10, 70, 30), 0.9)))
        if self.method == "read_text":
            return ToolResult("STOP. No. 5" if request.region.left == 10 else "")
        return ToolResult("The city")


@pytest.fixture(scope="module")
def told() -> tuple[str, str, tuple[TraceEvent, ...]]:
    toolset = ToolSet("reader", {name: Reader(name) for name in ("find", "read_text", "llm_query")})
    job = Job(READS, Picture("a" * 64, np.zeros((SIZE, SIZE, 3), np.uint8)))
    with open_engine(toolset, EngineSettings(in_flight=1, threads=1)) as engine:
        [(_, run)] = engine.run([job])
    assert (run.outcome, run.answer) == ("answered", "The city")
    program, events = canonical(READS), events_from_json(events_to_json(run.events))
    assert isinstance(program, Program)
    return render(program.source, events, "The city", SIZE, SIZE), program.source, events


def test_reading_and_knowledge_are_said(told: tuple[str, str, tuple[TraceEvent, ...]]) -> None:
    text, *_ = told
    assert 'The text in the sign at [100 100 300 300] is "stop no 5".' in text
    assert "There is no text in the sign at [500 100 700 300]." in text
    assert "The answer to \"Who put up a 'STOP' sign? Answer in one word.\" is city." in text


def test_reading_and_knowledge_that_are_true_pass_the_check(
    told: tuple[str, str, tuple[TraceEvent, ...]],
) -> None:
    text, source, events = told
    assert check_rationale(text, source, events, "The city", SIZE, SIZE) == []


@pytest.mark.parametrize(
    ("true", "false"),
    [
        ("stop no 5", "stop no 6"),
        ("at [100 100 300 300] is", "at [500 100 700 300] is"),
        ("no text in the sign at [500 100 700 300]", "no text in the sign at [100 100 300 300]"),
        ('word." is city', 'word." is county'),
        ("Who put up", "Who took down"),
    ],
)
def test_reading_and_knowledge_that_are_changed_are_caught(
    told: tuple[str, str, tuple[TraceEvent, ...]], true: str, false: str
) -> None:
    text, source, events = told
    assert true in text
    problems = check_rationale(text.replace(true, false), source, events, "The city", SIZE, SIZE)
    assert [problem.kind for problem in problems] == ["claim"]
