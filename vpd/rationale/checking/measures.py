"""What boxes can be compared by, and the words for it: place, depth, size.

Places and sizes are those of the boxes in pixels; places are taken at the centre. Depths are what
`compute_depth` gave.
"""

from collections.abc import Callable, Mapping

from vpd.rationale.checking.facts import Facts
from vpd.rationale.checking.references import ClaimError
from vpd.rationale.checking.stated import Before, GridBox, in_sequence

MEASURES: Mapping[str, Callable[[Facts, GridBox], float]] = {
    "x": lambda facts, box: facts.pixels[box].center[0],
    "y": lambda facts, box: facts.pixels[box].center[1],
    "depth": lambda facts, box: _depth(facts, box),
    "area": lambda facts, box: facts.pixels[box].area,
    "width": lambda facts, box: facts.pixels[box].width,
    "height": lambda facts, box: facts.pixels[box].height,
}
RELATIONS: Mapping[str, tuple[str, int]] = {
    "left of": ("x", -1),
    "right of": ("x", 1),
    "above": ("y", -1),
    "below": ("y", 1),
    "in front of": ("depth", -1),
    "behind": ("depth", 1),
    "smaller than": ("area", -1),
    "bigger than": ("area", 1),
    "narrower than": ("width", -1),
    "wider than": ("width", 1),
    "shorter than": ("height", -1),
    "taller than": ("height", 1),
}
"""Words, with the measure and whether the subject's is the smaller (-1) or the larger (1)."""
EXTREMES: Mapping[str, tuple[str, int]] = {
    "leftmost": ("x", -1),
    "rightmost": ("x", 1),
    "topmost": ("y", -1),
    "lowest": ("y", 1),
    "nearest": ("depth", -1),
    "farthest": ("depth", 1),
    "smallest": ("area", -1),
    "biggest": ("area", 1),
    "narrowest": ("width", -1),
    "widest": ("width", 1),
    "shortest": ("height", -1),
    "tallest": ("height", 1),
}
HALVES: Mapping[str, tuple[str, int]] = {
    "left": ("x", -1),
    "right": ("x", 1),
    "upper": ("y", -1),
    "lower": ("y", 1),
}
ALONG = {"horizontally": "x", "vertically": "y"}


def is_so(word: tuple[str, int], one: GridBox, other: GridBox, facts: Facts) -> bool:
    """Tell whether a word is true of two boxes, strictly; raises ClaimError if they were not measured."""
    axis, sign = word
    return (MEASURES[axis](facts, one) - MEASURES[axis](facts, other)) * sign > 0


def in_order(axis: str, one: GridBox, other: GridBox, facts: Facts) -> frozenset[Before]:
    """Return the order of two boxes along an axis as a fact; none if they are level or one."""
    apart = MEASURES[axis](facts, one) - MEASURES[axis](facts, other)
    return frozenset({in_sequence(axis, one, other, apart)}) if apart else frozenset()


def distance(axis: str, one: GridBox, other: GridBox, facts: Facts) -> float:
    """Return how far apart the centres of two boxes are along x or y, in pixels."""
    return abs(MEASURES[axis](facts, one) - MEASURES[axis](facts, other))


def _depth(facts: Facts, box: GridBox) -> float:
    if box not in facts.depths:
        raise ClaimError(f"no depth was measured at {list(box)}")
    return facts.depths[box]
