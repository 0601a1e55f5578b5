"""Regions are in the picture's own pixels, however they were cut out."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vpd.execution.engine import Engine, EngineSettings, open_engine
from vpd.execution.run import Job
from vpd.execution.trace import PatchRef
from vpd.geometry import Box
from vpd.tools.protocol import Detection, Picture, ToolCard, ToolRequest, ToolResult, ToolSet

WIDTH, HEIGHT = 200, 150
MARKER = Box(90.0, 60.0, 97.0, 66.0)
edges = st.tuples(
    st.floats(0, MARKER.left),
    st.floats(0, MARKER.top),
    st.floats(MARKER.right, 300),
    st.floats(MARKER.bottom, 300),
)


class MarkerFinder:
    """Finds the white marker in the pixels of a region, and says where it is in the picture."""

    card = ToolCard("detect", "marker@1")

    def run(self, batch: Sequence[ToolRequest]) -> list[ToolResult]:
        return [self._find(request) for request in batch]

    def _find(self, request: ToolRequest) -> ToolResult:
        y, x = np.nonzero(request.picture.crop(request.region)[..., 0])
        left, top = int(request.region.left), int(request.region.top)
        box = Box(left + x.min(), top + y.min(), left + x.max() + 1, top + y.max() + 1)
        return ToolResult((Detection(box, 1.0),))


@pytest.fixture(scope="module")
def finding() -> Iterator[Engine]:
    toolset = ToolSet("marker", {"find": MarkerFinder()})
    with open_engine(toolset, EngineSettings(in_flight=1, threads=1)) as engine:
        yield engine


@settings(max_examples=60)
@given(crops=st.lists(edges, max_size=4))
def test_region_of_a_region_maps_back_exactly(
    finding: Engine, crops: list[tuple[float, float, float, float]]
) -> None:
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[60:66, 90:97] = 255
    patch = "".join(f".crop({left!r}, {top!r}, {right!r}, {bottom!r})" for left, top, right, bottom in crops)
    source = f"found = ImagePatch(image){patch}.find('marker')\nreturn len(found)"
    [(_, run)] = finding.run([Job(source, Picture("a" * 64, pixels))])
    [call] = [event for event in run.events if event.kind == "tool"]
    assert isinstance(call.value, tuple)
    [found] = call.value
    assert isinstance(found, PatchRef)
    assert found.box == MARKER
    if crops:  # each crop is given in pixels of the picture, and only cut off at its border
        *_, (left, top, right, bottom) = crops
        assert call.patch is not None
        assert call.patch.box == Box(left, top, min(right, WIDTH), min(bottom, HEIGHT))


@given(
    st.floats(-1e3, 1e3), st.floats(-1e3, 1e3), st.floats(-1e3, 1e3), st.floats(-1e3, 1e3), st.integers(1, 40)
)
def test_crop_of_any_region_is_never_empty(
    left: float, top: float, right: float, bottom: float, side: int
) -> None:
    picture = Picture("a" * 64, np.zeros((side, 2 * side, 3), np.uint8))
    crop = picture.crop(Box(left, top, right, bottom))
    assert crop.shape[0] >= 1
    assert crop.shape[1] >= 1
