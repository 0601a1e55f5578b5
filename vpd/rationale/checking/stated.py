"""What a sentence states of a trace, in units that what an answer depends on can be counted in.

A claim that holds gives the facts that it states; `vpd.rationale.checking.omitted` compares them with those
needed. Boxes are integers on the 0-1000 grid, names and replies are in their common form.
"""

from dataclasses import dataclass

GridBox = tuple[int, int, int, int]


@dataclass(frozen=True)
class Seen:
    """What a `find` or an `exists` in a region gave is spoken of."""

    region: GridBox
    name: str


@dataclass(frozen=True)
class Verified:
    """A property was verified of what is at a box, and holds or does not."""

    box: GridBox
    prop: str
    holds: bool


@dataclass(frozen=True)
class Replied:
    """The reply to a question about what is at a box; no question: the best of some options."""

    box: GridBox
    question: str | None
    reply: str


@dataclass(frozen=True)
class Told:
    """What a method with a sentence of its own told; no box: its tool did not look."""

    method: str
    box: GridBox | None
    args: tuple[object, ...]


@dataclass(frozen=True)
class Before:
    """Of two boxes the one that lies further left, higher up or nearer: `axis` is x, y or depth."""

    axis: str
    one: GridBox
    other: GridBox


@dataclass(frozen=True)
class AtEnd:
    """Something is the first or last along an axis."""

    axis: str


@dataclass(frozen=True)
class Compared:
    """Two numbers were compared, the smaller first."""

    one: float
    other: float


@dataclass(frozen=True)
class Summed:
    """Two numbers were added (1), the smaller first, or subtracted (-1)."""

    one: float
    other: float
    sign: int


@dataclass(frozen=True)
class Overlapping:
    """Whether two boxes overlap is stated."""

    boxes: frozenset[GridBox]


@dataclass(frozen=True)
class Numbered:
    """A number that a sentence gives, from which later sentences may go on: of things, or a result."""

    number: float


Fact = Seen | Verified | Replied | Told | Before | AtEnd | Compared | Summed | Overlapping | Numbered
Stated = frozenset[Fact]


def compared(one: float, other: float) -> Compared:
    """Return the fact that two numbers were compared, in whichever order."""
    return Compared(min(one, other), max(one, other))


def summed(one: float, other: float, sign: int) -> Summed:
    """Return the fact that two numbers were added, in whichever order, or subtracted."""
    return Summed(min(one, other), max(one, other), 1) if sign > 0 else Summed(one, other, -1)


def in_sequence(axis: str, one: GridBox, other: GridBox, apart: float) -> Before:
    """Return the order of two boxes as a fact; `apart` is the first's measure minus the second's, not 0."""
    return Before(axis, one, other) if apart < 0 else Before(axis, other, one)
