"""The facts of a run that a rationale can state, one type each; the words are in `vpd.rationale.phrases`."""

from dataclasses import dataclass, field

from vpd.execution.trace import PatchRef, Value
from vpd.rationale.scope import Axis
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

    `asked` is the sign that the test asked for: -1 for less, 1 for more.
    """

    axis: Axis
    asked: int
    pairs: list[tuple[PatchRef, PatchRef, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Extreme:
    """The first (-1) or last (1) patch of a listing along an axis."""

    patch: PatchRef
    among: tuple[PatchRef, ...]
    axis: Axis
    sign: int


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
class Overlap:
    """Whether two patches share any area."""

    one: PatchRef
    other: PatchRef


@dataclass(frozen=True)
class Told:
    """What a method with a sentence of its own was told; no patch: its tool did not look."""

    method: Method
    patch: PatchRef | None
    args: tuple[Value, ...]
    value: Value


Note = Found | Exists | Property | Replies | Relation | Extreme | Counts | Sum | Overlap | Told
