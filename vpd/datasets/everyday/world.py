"""Everyday scenes without pixels: things with a name, a box, a colour and a text, laid out by lot.

A scene depends on its seed and on the parts that are planted in it. Two things stand apart or, where one is
on the other (sits on it, is held by it), share a good part of the smaller one; none is cut off.

Not here: what is asked (`vpd.datasets.everyday.questions`), tools that see a scene
(`vpd.datasets.everyday.tools`).
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from vpd.geometry import Box
from vpd.tools.coco import KINDS, NAMES
from vpd.tools.colors import COLORS

WIDTH, HEIGHT = 640, 480
THINGS = (4, 9)
TRIES = 80  # places drawn for a thing before the layout is drawn again
APART = 6.0  # least pixels between two things that stand apart

_LARGE = frozenset({
    "airplane", "bus", "train", "truck", "boat", "car", "couch", "bed", "bench", "dining table", "elephant",
    "horse", "cow", "giraffe", "bear", "zebra", "oven", "refrigerator",
})  # fmt: skip
_SMALL = frozenset({
    "bird", "frisbee", "sports ball", "kite", "bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl",
    "banana", "apple", "sandwich", "orange", "broccoli", "carrot", "hot dog", "donut", "mouse", "remote",
    "cell phone", "book", "clock", "vase", "scissors", "teddy bear", "hair drier", "toothbrush", "toaster",
    "handbag", "tie", "traffic light", "squirrel", "lemon",
})  # fmt: skip
_TALL = frozenset({"person", "giraffe", "fire hydrant", "parking meter", "bottle", "refrigerator"})
_COAT = ("brown", "black", "white", "gray")
_OWN_COLORS = dict.fromkeys(KINDS["animal"], _COAT) | {
    "banana": ("yellow", "green"),
    "apple": ("red", "green", "yellow"),
    "orange": ("orange",),
    "broccoli": ("green",),
    "carrot": ("orange",),
    "stop sign": ("red",),
    "lemon": ("yellow",),
    "squirrel": ("red", "brown", "gray"),
}
_TEXTS = {
    "stop sign": ("STOP", "ALTO", "ARRET", "PARE"),
    "bus": ("", "12 Airport", "7 Old Town", "45 Zoo"),
    "truck": ("", "City Bakery", "Fresh Milk", "Moving"),
    "book": ("", "Sea Stories", "Garden Birds", "First Algebra"),
}


@dataclass(frozen=True)
class Thing:
    """One thing: a COCO name or another that the photo tools know, box in pixels, colour, written text."""

    name: str
    box: Box
    color: str
    text: str = ""


@dataclass(frozen=True)
class EverydayScene:
    """Ground truth of a picture of WIDTH by HEIGHT pixels that was never taken."""

    seed: str
    things: tuple[Thing, ...]


@dataclass(frozen=True)
class Part:
    """Things to plant: `least` to `most`, each with one of the names and colours (its usual ones if empty).

    Each is put on a thing of the name `on` with an even chance, where one is named: plant that before. A part
    with `most` of 0 keeps its names out of the scene.
    """

    names: tuple[str, ...]
    least: int = 1
    most: int = 1
    colors: tuple[str, ...] = ()
    on: str = ""


class NoRoom(Exception):
    """No place was found for a thing."""


def generate_scene(seed: str, parts: Sequence[Part] = ()) -> EverydayScene:
    """Return the scene of a seed: the parts, and other things up to 4 to 9 in all.

    What is added has none of the parts' names. The parts must fit the picture: at most 3 large things.
    """
    rng = random.Random(seed)
    while True:
        try:
            return EverydayScene(seed, _layout(parts, rng))
        except NoRoom:
            continue


def _layout(parts: Sequence[Part], rng: random.Random) -> tuple[Thing, ...]:
    things: list[Thing] = []
    for part in parts:
        for _ in range(rng.randint(part.least, part.most)):
            things.append(_planted(part, things, rng))
    taken = {name for part in parts for name in part.names}
    others = [name for name in NAMES if name not in taken and name not in _LARGE]
    wanted = rng.randint(*THINGS)
    while len(things) < wanted:
        things.append(_planted(Part((rng.choice(others),)), things, rng))
    return tuple(rng.sample(things, len(things)))


def _planted(part: Part, things: Sequence[Thing], rng: random.Random) -> Thing:
    name = rng.choice(part.names)
    color = rng.choice(part.colors or _OWN_COLORS.get(name, COLORS))
    supports = [thing.box for thing in things if thing.name == part.on]
    support = rng.choice(supports) if supports and rng.random() < 0.5 else None
    return Thing(name, _place(name, support, things, rng), color, rng.choice(_TEXTS.get(name, ("",))))


def _place(name: str, support: Box | None, things: Sequence[Thing], rng: random.Random) -> Box:
    others = [thing.box for thing in things if thing.box is not support]
    for _ in range(TRIES):
        width, height = _size(name, rng)
        left, top = rng.uniform(0, WIDTH - width), rng.uniform(0, HEIGHT - height)
        if support is not None:
            left, top = _on(support, width, height, rng)
        box = Box(left, top, left + width, top + height)
        inside = left >= 0 and top >= 0 and box.right <= WIDTH and box.bottom <= HEIGHT
        if inside and all(_apart(box, other) for other in others):
            return box
    raise NoRoom


def _size(name: str, rng: random.Random) -> tuple[float, float]:
    least, most = (120, 200) if name in _LARGE else (26, 44) if name in _SMALL else (56, 100)
    long, short = rng.uniform(least, most), rng.uniform(0.6 * least, 0.6 * most)
    return (short, long) if name in _TALL else (long, short)


def _on(support: Box, width: float, height: float, rng: random.Random) -> tuple[float, float]:
    """Return left and top of a thing that stands with its lower part inside its support."""
    middle = support.left + rng.uniform(0.15, 0.85) * support.width
    bottom = support.top + rng.uniform(0.6 * min(height, support.height), 0.95 * support.height)
    return middle - width / 2, bottom - height


def _apart(a: Box, b: Box) -> bool:
    beside = a.right + APART <= b.left or b.right + APART <= a.left
    return beside or a.bottom + APART <= b.top or b.bottom + APART <= a.top
