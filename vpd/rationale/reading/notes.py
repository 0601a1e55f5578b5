"""The facts of a run that a rationale can state, one type each.

Not here: the words (`vpd.rationale.telling.speaker`).
"""

from dataclasses import dataclass, field
from typing import TypeVar

from vpd.execution.trace import PatchRef, Value
from vpd.rationale.reading.values import Axis
from vpd.tools.methods import Method


@dataclass(frozen=True)
class Found:
    """A `find` in a region: the patches, maybe none."""

    region: PatchRef
    name: str
    patches: tuple[PatchRef, ...]


@dataclass(frozen=True)
class Exists:
    """An `exists` in a region."""

    region: PatchRef
    name: str
    there: bool


@dataclass
class Property:
    """A property verified of one or several patches; `wanted` is the result that the program looks for."""

    name: str
    prop: str
    wanted: bool
    holds: dict[PatchRef, bool] = field(default_factory=dict)


@dataclass
class Replies:
    """Answers to one question about one or several patches, or the best of some options (no question)."""

    question: str | None
    replies: dict[PatchRef, str] = field(default_factory=dict)


@dataclass
class Relation:
    """Patches compared along an axis, in pairs with the sign of first minus second.

    `asked` is the sign that the test asked for: -1 for less, 1 for more. Where the second is the picture, the
    first is compared with its middle.
    """

    axis: Axis
    asked: int
    pairs: list[tuple[PatchRef, PatchRef, int]] = field(default_factory=list)


@dataclass
class Overlaps:
    """Which patches share any area with others, in pairs; `wanted` is what the program looks for."""

    wanted: bool
    pairs: list[tuple[PatchRef, PatchRef]] = field(default_factory=list)


@dataclass(frozen=True)
class Extreme:
    """The patch of a listing that is alone at its lower (-1) or upper (1) end along an axis."""

    patch: PatchRef
    among: tuple[PatchRef, ...]
    axis: Axis
    sign: int


@dataclass(frozen=True)
class NearestTo:
    """The patch of a listing whose centre is nearest along `x` or `y` to that of an anchor."""

    patch: PatchRef
    among: tuple[PatchRef, ...]
    axis: Axis
    anchor: PatchRef


@dataclass(frozen=True)
class Nearer:
    """A patch whose centre is nearer along `x` or `y` to that of an anchor than another's."""

    near: PatchRef
    far: PatchRef
    axis: Axis
    anchor: PatchRef


@dataclass(frozen=True)
class Same:
    """Whether the replies about two patches to one question are equal."""

    question: str
    one: PatchRef
    other: PatchRef
    same: bool


@dataclass(frozen=True)
class Different:
    """The different replies to one question."""

    question: str
    replies: tuple[str, ...]


@dataclass(frozen=True)
class Frequent:
    """The reply that `count` of `total` patches have, more than any other."""

    question: str
    reply: str
    count: int
    total: int


@dataclass(frozen=True)
class Contains:
    """Whether a reply contains a text."""

    text: str
    part: str
    holds: bool


@dataclass(frozen=True)
class Counts:
    """Two numbers compared; a name where the number counts everything of that name."""

    one: float
    other: float
    names: tuple[str | None, str | None]


@dataclass(frozen=True)
class Sum:
    """Two numbers added (1) or subtracted (-1)."""

    one: float
    other: float
    sign: int


@dataclass(frozen=True)
class Told:
    """What a method with a sentence of its own was told; no patch: its tool did not look."""

    method: Method
    patch: PatchRef | None
    args: tuple[Value, ...]
    value: Value


About = Found | Exists | Property | Replies | Told
Compared = Relation | Overlaps | Extreme | NearestTo | Nearer | Same | Different | Frequent | Contains
Note = About | Compared | Counts | Sum
_NoteType = TypeVar("_NoteType", bound=Note)


class Notebook:
    """The notes of a run by what they are about."""

    def __init__(self) -> None:
        self.notes: dict[object, Note] = {}

    def add(self, key: object, note: _NoteType) -> _NoteType:
        """Add a note unless there is one under this key, and return the one that there is."""
        present = self.notes.setdefault(key, note)
        assert isinstance(present, type(note))
        return present
