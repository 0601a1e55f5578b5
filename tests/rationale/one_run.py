"""The facts of one small run, for tests of what sentences can claim: two cubes, a sphere, no green cone."""

from vpd.execution.trace import PatchRef, TraceEvent
from vpd.geometry import Box
from vpd.rationale.checking.facts import Facts
from vpd.tools.methods import IMAGE_PATCH

SIZE = 100
PICTURE = PatchRef(0, "image", Box(0, 0, SIZE, SIZE))
CUBES = (PatchRef(1, "cube", Box(10, 20, 30, 40)), PatchRef(2, "cube", Box(50, 20, 70, 40)))
SPHERE = PatchRef(3, "sphere", Box(80, 50, 90, 60))
CROP = PatchRef(4, "image", Box(0, 0, 50, SIZE))
BOXES = ("[100 200 300 400]", "[500 200 700 400]", "[800 500 900 600]")
EVENTS = (
    TraceEvent(0, 2, "tool", "find", CUBES, PICTURE, ("cube",)),
    TraceEvent(1, 3, "tool", "find", (SPHERE,), PICTURE, ("the spheres",)),
    TraceEvent(2, 4, "tool", "find", (), PICTURE, ("green cone",)),
    TraceEvent(3, 5, "tool", "verify_property", True, CUBES[0], ("cube", "red")),
    TraceEvent(4, 5, "tool", "verify_property", False, CUBES[1], ("cube", "red")),
    TraceEvent(5, 6, "tool", "simple_query", "Blue", CUBES[1], ("What color is it?",)),
    TraceEvent(6, 6, "tool", "simple_query", "Green", SPHERE, ("What colour is the sphere?",)),
    TraceEvent(7, 6, "tool", "simple_query", "red", CUBES[0], ("What color is the cone behind this cube?",)),
    TraceEvent(8, 7, "tool", "compute_depth", 2.0, CUBES[0]),
    TraceEvent(9, 7, "tool", "compute_depth", 3.0, SPHERE),
    TraceEvent(10, 8, "tool", "exists", True, PICTURE, ("metal thing",)),
    TraceEvent(11, 8, "tool", "exists", False, PICTURE, ("x-ray 2",)),
    TraceEvent(12, 9, "tool", "best_text_match", "ball", SPHERE, (("ball", "box"),)),
    TraceEvent(13, 9, "tool", "simple_query", "apple", CROP, ("What fruit is this?",)),
    TraceEvent(14, 9, "tool", "find", (CUBES[0],), CROP, ("cube",)),
    TraceEvent(15, 9, "tool", "read_text", "ABC Bakery, est. 1.5", SPHERE),
    TraceEvent(16, 9, "tool", "verify_property", True, PICTURE, ("cone", "tall")),
    TraceEvent(17, 10, "return", "str(len(cubes))", "2"),
)


def facts() -> Facts:
    """Return the facts of the run, new each time: true sentences add to them."""
    return Facts(EVENTS, SIZE, SIZE, IMAGE_PATCH)
