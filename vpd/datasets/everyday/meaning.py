"""What words of a question mean in an everyday scene: which things are meant, how they stand to each other.

Where people, or right programs, could disagree, a word has no meaning in this scene and raises Unclear: "the
dog" of two dogs, or a person half to the left of a bus.
"""

from collections.abc import Callable, Sequence
from math import dist

from vpd.datasets.everyday.knowledge import FACTS
from vpd.datasets.everyday.world import WIDTH, EverydayScene, Thing
from vpd.tools.coco import KINDS

CLEARLY = 1.15  # least ratio of two sizes or distances of which one is the larger


class Unclear(Exception):
    """A word that has no clear meaning in a scene."""


def every(scene: EverydayScene, name: str, color: str = "") -> list[Thing]:
    """Return the things of this name or kind, such as animal, and this colour, or any."""
    names = KINDS.get(name, (name,))
    return [t for t in scene.things if t.name in names and color in ("", t.color)]


def the(scene: EverydayScene, name: str, color: str = "") -> Thing:
    """Return the one thing of this name or kind, and colour."""
    return only(every(scene, name, color))


def only(things: Sequence[Thing]) -> Thing:
    """Return the one thing."""
    if len(things) != 1:
        raise Unclear
    return things[0]


def some(things: list[Thing]) -> list[Thing]:
    """Return things of which a question takes for granted that there is one."""
    if not things:
        raise Unclear
    return things


def on(a: Thing, b: Thing) -> bool:
    """Tell whether a thing is on another, held or ridden by it: they share a part of the picture."""
    return a is not b and a.box.overlap(b.box) > 0


def left(a: Thing, b: Thing) -> bool:
    """Tell whether a thing is to the left of another: wholly, or by neither edge."""
    return _before(a.box.left, a.box.right, b.box.left, b.box.right)


def right(a: Thing, b: Thing) -> bool:
    """Tell whether a thing is to the right of another: wholly, or by neither edge."""
    return left(b, a)


def above(a: Thing, b: Thing) -> bool:
    """Tell whether a thing is above another: wholly, or by neither edge."""
    return _before(a.box.top, a.box.bottom, b.box.top, b.box.bottom)


def between(a: Thing, b: Thing, c: Thing) -> bool:
    """Tell whether a thing is between two others from left to right."""
    return (left(b, a) and left(a, c)) or (left(c, a) and left(a, b))


def in_left_half(a: Thing) -> bool:
    """Tell whether a thing is in the left half of the picture, not the right one."""
    if a.box.left < WIDTH / 2 < a.box.right:
        raise Unclear
    return a.box.right <= WIDTH / 2


def larger(a: Thing, b: Thing) -> bool:
    """Tell whether a thing takes more of the picture than another."""
    return _more(a.box.area, b.box.area)


def taller(a: Thing, b: Thing) -> bool:
    """Tell whether a thing is higher in pixels than another."""
    return _more(a.box.height, b.box.height)


def closer(to: Thing) -> Callable[[Thing, Thing], bool]:
    """Return the relation of being closer to a thing than another, both across and straight."""

    def holds(a: Thing, b: Thing) -> bool:
        centers = [t.box.center for t in (a, b, to)]
        straight = _more(dist(centers[1], centers[2]), dist(centers[0], centers[2]))
        across = _more(abs(centers[1][0] - centers[2][0]), abs(centers[0][0] - centers[2][0]))
        if straight is not across:
            raise Unclear
        return straight

    return holds


def most(things: Sequence[Thing], holds: Callable[[Thing, Thing], bool]) -> Thing:
    """Return the thing that stands in a relation to each other one of them."""
    return only([a for a in things if all(a is b or holds(a, b) for b in things)])


def fact(topic: str, thing: Thing) -> str:
    """Return what everybody knows of a thing."""
    if thing.name not in FACTS[topic]:
        raise Unclear
    return FACTS[topic][thing.name]


def _before(a_start: float, a_end: float, b_start: float, b_end: float) -> bool:
    if a_end <= b_start:
        return True
    if a_start < b_start or a_end < b_end:
        raise Unclear
    return False


def _more(a: float, b: float) -> bool:
    if max(a, b) < CLEARLY * min(a, b):
        raise Unclear
    return a > b
