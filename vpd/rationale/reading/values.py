"""What expressions of a program can stand for besides plain values: each keeps what it was read off."""

from dataclasses import dataclass
from typing import Literal

from vpd.execution.trace import PatchRef

Axis = Literal["x", "y", "depth", "area", "height", "width"]


class Unknown(Exception):
    """The trace does not settle what an expression stands for."""


@dataclass(frozen=True)
class Measure:
    """A number read off one patch: its place (`x`, `y`, in pixels), its distance (`depth`) or its size."""

    axis: Axis
    value: float
    patch: PatchRef


@dataclass(frozen=True)
class Distance:
    """How far the centres of two patches are apart along `x` or `y`, in pixels."""

    axis: Axis
    value: float
    patch: PatchRef
    anchor: PatchRef


@dataclass(frozen=True)
class Reply:
    """What a tool said of a patch; `question` is empty where the method asks none."""

    text: str
    method: str
    question: str
    patch: PatchRef


@dataclass(frozen=True)
class Order:
    """What a listing is sorted by: the key's values, least first unless reversed."""

    keys: tuple[Measure | Distance, ...]
    reverse: bool


@dataclass(frozen=True)
class Listing:
    """A list of patches: all of one `find` if it has a name."""

    patches: tuple[PatchRef, ...]
    name: str | None = None
    order: Order | None = None


@dataclass(frozen=True)
class Distinct:
    """A set of replies: the first of each text."""

    replies: tuple[Reply, ...]


@dataclass(frozen=True)
class Count:
    """The length of a listing or of a set of replies."""

    value: int
    of: Listing | Distinct


def plain(value: object) -> object:
    """Return the value as the program has it: a number for a measure, a text for a reply."""
    if isinstance(value, Measure | Distance | Count):
        return value.value
    return value.text if isinstance(value, Reply) else value


def number(value: object) -> float:
    """Return a value as a number; raises Unknown."""
    said = plain(value)
    if isinstance(said, int | float) and not isinstance(said, bool):
        return said
    raise Unknown


def collected(items: tuple[object, ...]) -> object:
    """Return several values as a list of the program: patches as a listing, anything else as a tuple."""
    patches = tuple(item for item in items if isinstance(item, PatchRef))
    return Listing(patches) if len(patches) == len(items) else items


def elements(value: object) -> tuple[object, ...]:
    """Return the items of a list or set; raises Unknown if it is none."""
    match value:
        case Listing(patches):
            return patches
        case Distinct(replies):
            return replies
        case tuple():
            return value
    raise Unknown
