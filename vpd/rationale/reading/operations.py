"""What operators and builtins of a program give, for values that keep what they were read off."""

import ast
import operator
from collections.abc import Callable, Mapping

from vpd.execution.trace import PatchRef
from vpd.rationale.reading.values import (
    Count,
    Distance,
    Distinct,
    Listing,
    Measure,
    Reply,
    Unknown,
    elements,
    number,
)

_COMPARE: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def combined(one: object, op: ast.operator, other: object, picture: PatchRef) -> object:
    """Return the sum, difference or size that two values give; raises Unknown."""
    match one, op, other:
        case Measure("width", _, a), ast.Mult(), Measure("height", _, b) if a.box == b.box:
            return Measure("area", a.box.area, a)
        case Measure("height", _, a), ast.Mult(), Measure("width", _, b) if a.box == b.box:
            return Measure("area", a.box.area, a)
        case Measure("width" | "height" as side, value, patch), ast.Div(), 2 if patch.box == picture.box:
            return Measure("x" if side == "width" else "y", value / 2, patch)
        case _, ast.Add(), _:
            return number(one) + number(other)
        case _, ast.Sub(), _:
            return number(one) - number(other)
    raise Unknown


def distinct(items: tuple[object, ...]) -> Distinct:
    """Return replies without those whose text came before; raises Unknown if they are no replies."""
    first: dict[str, Reply] = {}
    for item in items:
        if not isinstance(item, Reply):
            raise Unknown
        first.setdefault(item.text, item)
    return Distinct(tuple(first.values()))


def holds(one: object, op: ast.cmpop, other: object) -> bool:
    """Tell whether a comparison of plain values holds; raises Unknown."""
    match op, one, other:
        case ((ast.In() | ast.NotIn()), str(), (str() | tuple())):
            return (one in other) is isinstance(op, ast.In)
        case ((ast.Eq() | ast.NotEq()), (str() | int() | float()), (str() | int() | float())):
            return (one == other) is isinstance(op, ast.Eq)
    if type(op) in _COMPARE:
        return _COMPARE[type(op)](number(one), number(other))
    raise Unknown


def length(value: object) -> object:
    """Return the length of a list or set; raises Unknown."""
    items = elements(value)
    return Count(len(items), value) if isinstance(value, Listing | Distinct) else len(items)


def apart(one: object, other: object) -> object:
    """Return how far two centres are apart; raises Unknown for other measures."""
    match one, other:
        case Measure("x" | "y" as axis, a, patch), Measure(also, b, anchor) if axis == also:
            at = "xy".index(axis)
            if (a, b) == (patch.box.center[at], anchor.box.center[at]) and patch.box != anchor.box:
                return Distance(axis, abs(a - b), patch, anchor)
    raise Unknown


def looked_up(value: Mapping[object, object], key: object) -> object:
    """Return what a dict holds under a key; raises Unknown."""
    if key not in value:
        raise Unknown
    return value[key]
