"""Runs to look at: real programs in the real engine, with tools that answer from a table."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest

from vpd.execution.engine import Engine, EngineSettings, open_engine
from vpd.execution.image_patch import TOOL_METHODS
from vpd.execution.limits import Limits
from vpd.execution.run import Job
from vpd.execution.trace import Run
from vpd.geometry import Box
from vpd.tools.protocol import Detection, Picture, Plain, ToolFailure, ToolRequest, ToolResult, ToolSet

BOXES = {
    "cube": (Box(8, 8, 28, 40), Box(60, 20, 90, 60), Box(100, 64, 120, 90)),
    "ball": (Box(40, 40, 50, 50),),
}
ANSWERS: dict[str, Plain] = {"exists": True, "best_text_match": "red", "compute_depth": 12.5}


class TableTool:
    """Knows three cubes and a ball; the first cube is red; repeats questions; knows no frisbee."""

    def __init__(self, method: str) -> None:
        self.method = method
        self.version = f"table-{method}@1"

    def run(self, batch: Sequence[ToolRequest]) -> list[ToolResult | ToolFailure]:
        return [self._answer(request) for request in batch]

    def _answer(self, request: ToolRequest) -> ToolResult | ToolFailure:
        if "frisbee" in request.args:
            return ToolFailure("vocabulary", "no frisbee is known")
        if self.method == "find":
            boxes = [b for b in BOXES.get(str(request.args[0]), ()) if b.overlap(request.region)]
            return ToolResult(tuple(Detection(box, 0.9) for box in boxes), 0.9)
        if self.method == "verify_property":
            return ToolResult(request.region == BOXES["cube"][0], 0.8)
        return ToolResult(ANSWERS.get(self.method, request.args[0] if request.args else None), 0.7)


@pytest.fixture(scope="session")
def picture() -> Picture:
    return Picture("a" * 64, np.full((96, 128, 3), 200, np.uint8))


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    toolset = ToolSet("table", {method: TableTool(method) for method in TOOL_METHODS})
    limits = Limits(seconds=0.5, memory_bytes=32 * 2**20)
    with open_engine(toolset, EngineSettings(in_flight=2, limits=limits)) as opened:
        yield opened


@pytest.fixture(scope="session")
def run_program(engine: Engine, picture: Picture) -> Callable[[str], Run]:
    def run(source: str) -> Run:
        [(_, done)] = engine.run([Job(source, picture)])
        return done

    return run
