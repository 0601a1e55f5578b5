from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest

from vpd.execution.engine import Engine, EngineSettings, open_engine
from vpd.execution.limits import Limits
from vpd.geometry import Box
from vpd.tools.methods import IMAGE_PATCH
from vpd.tools.protocol import Detection, Picture, ToolCard, ToolFailure, ToolRequest, ToolResult, ToolSet

SHAPES = {"cube": 3, "sphere": 2, "cone": 1, "cylinder": 0}


class FakeTool:
    """Answers from the request alone; remembers the batches it was given."""

    def __init__(self, method: str, version: str = "1") -> None:
        self.method = method
        self.card = ToolCard(IMAGE_PATCH[method].kind, f"fake-{method}@{version}")
        self.batches: list[list[ToolRequest]] = []

    def run(self, batch: Sequence[ToolRequest]) -> list[ToolResult | ToolFailure]:
        self.batches.append(list(batch))
        if any("broken" in map(str, request.args) for request in batch):
            raise RuntimeError("the fake tool is broken")
        return [_answer(self.method, request) for request in batch]


def _answer(method: str, request: ToolRequest) -> ToolResult | ToolFailure:
    """A small world: three cubes, two spheres and a cone, shifted by the picture's first digit."""
    shift = int(request.picture.image_id[0], 16)
    names = [shape for shape in SHAPES if any(shape in str(arg) for arg in request.args)]
    if method in ("find", "exists", "verify_property") and "frisbee" in request.args:
        return ToolFailure("vocabulary", f"{method} does not know 'frisbee'")
    if method == "find" and request.args[0] == "nan":
        return ToolResult((Detection(Box(float("nan"), 0.0, 5.0, 5.0), 0.5),))
    if method == "find" and request.args[0] == "outside":
        return ToolResult(
            (Detection(Box(-50.0, 10.0, 20.0, 500.0), 0.5), Detection(Box(200.0, 0.0, 300.0, 9.0), 0.5))
        )
    found = tuple(
        Detection(Box(12.0 * i + shift, 10.0 * i + 5, 12.0 * i + shift + 10, 10.0 * i + 20), 0.9 - i / 10)
        for i in range(SHAPES[names[0]] if names else 0)
    )
    inside = tuple(d for d in found if d.box.overlap(request.region) > 0)
    if method == "find":
        return ToolResult(inside)
    if method == "exists":
        return ToolResult(bool(inside), 0.9)
    if method == "verify_property":
        return ToolResult((request.region.left - shift) % 24 == 0, 0.8)
    if method == "compute_depth":
        return ToolResult(100.0 - request.region.left)
    if method == "best_text_match":
        options = request.args[0]
        assert isinstance(options, tuple)
        return ToolResult(options[int(request.region.left) % len(options)], 0.7)
    return ToolResult(("red", "blue", "green")[int(request.region.top) % 3], 0.6)


def _toolset(version: str = "1") -> ToolSet:
    return ToolSet("fake", {method: FakeTool(method, version) for method in IMAGE_PATCH})


@pytest.fixture(scope="session")
def fake_toolset() -> Callable[..., ToolSet]:
    return _toolset


@pytest.fixture(scope="session")
def fake_picture() -> Callable[..., Picture]:
    def picture(digit: int = 0) -> Picture:
        return Picture(f"{digit:x}" + "0" * 63, np.zeros((96, 128, 3), np.uint8))

    return picture


@pytest.fixture(scope="session")
def fake_answer() -> Callable[[str, ToolRequest], ToolResult | ToolFailure]:
    return _answer


QUICK = Limits(seconds=0.5, memory_bytes=32 * 2**20)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """One engine with fake tools for all tests that only need outcomes."""
    with open_engine(_toolset(), EngineSettings(in_flight=4, limits=QUICK)) as opened:
        yield opened
