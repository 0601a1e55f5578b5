"""What a program compared and added up, read off its source and the values in its trace.

Needed to tell whether a rationale leaves such a step out, so what the trace does not settle is passed over.
The renderer has its own, fuller reading (`vpd.rationale.reading.scope`); the two share nothing.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from vpd.execution.trace import PatchRef, TraceEvent
from vpd.rationale.checking.ends import Ends
from vpd.rationale.checking.facts import Facts
from vpd.rationale.checking.measures import MEASURES
from vpd.rationale.checking.references import ClaimError
from vpd.rationale.checking.stated import AtEnd, Fact, GridBox, Overlapping, compared, in_sequence, summed

AXES = {
    "horizontal_center": "x",
    "left": "x",
    "right": "x",
    "vertical_center": "y",
    "top": "y",
    "bottom": "y",
}
_ROUNDING = 0.02  # a trace keeps boxes to 2 digits
_CHANGING = ("append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort", "update", "add")
_LOOPS = (ast.For, ast.While)
_COMPREHENSIONS = (ast.ListComp, ast.GeneratorExp, ast.SetComp)


class _Unsettled(Exception):
    """The trace does not settle what an expression stood for, or it is of no interest."""


@dataclass(frozen=True)
class Test:
    """What one test came to: the fact to state, and which way it came out where there are two."""

    place: tuple[int, str]
    fact: Fact
    way: bool = True


@dataclass(frozen=True)
class _Measured:
    axis: str
    value: float
    box: GridBox


def tests_of(
    tree: ast.Module, events: Sequence[TraceEvent], needed: Sequence[TraceEvent], facts: Facts
) -> Iterator[Test]:
    """Yield what the needed steps of a run compared and added up, where a rationale can say it."""
    reader = _Reader(tree, facts)
    wanted = {event.seq for event in needed}
    for event in events:
        if event.seq in wanted:
            yield from reader.tests(event)
        reader.take(event)


class _Reader:
    def __init__(self, tree: ast.Module, facts: Facts) -> None:
        self._facts = facts
        self._names: dict[str, object] = {}
        self._calls: dict[tuple[GridBox, str, tuple[object, ...]], object] = {}
        statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
        self._statements = {s.lineno: s for s in reversed(statements)}
        self._gone_through = set[tuple[int, str]]()
        self._ends = Ends(tree, facts)
        self._changing = {name for node in ast.walk(tree) for name in _changed_by(node)}
        loops = [s for s in statements if isinstance(s, _LOOPS)]
        self._looping = {n.lineno for loop in loops for n in ast.walk(loop) if isinstance(n, ast.stmt)}

    def take(self, event: TraceEvent) -> None:
        """Remember what a variable was set to, or what a tool gave."""
        if event.kind == "tool":
            at = self._facts.picture if event.patch is None else self._facts.grid(event.patch.box)
            self._calls[at, event.name, event.args] = event.value
        elif event.kind == "value" and event.name not in self._changing:
            self._names[event.name] = event.value
            match self._statements.get(event.line):
                case ast.Assign([ast.Name()], value):
                    meaning = self._meaning(value)
                    if isinstance(meaning, _Measured) and _close(meaning.value, event.value):
                        self._names[event.name] = meaning

    def tests(self, event: TraceEvent) -> Iterator[Test]:
        """Yield what one step compared and added up."""
        statement = self._statements.get(event.line)
        place = event.line, event.name
        if event.kind == "branch":
            yield from self._branch(event, statement)
        if event.kind != "branch" and statement is not None:
            for axis in self._ends.of(statement, self._meaning):
                yield Test((event.line, f"the {axis} of an end"), AtEnd(axis))
        if event.kind in ("value", "return") and event.line not in self._looping:
            expression = statement.value if isinstance(statement, ast.Assign | ast.Return) else None
            for part in ast.walk(expression) if expression is not None else ():
                fact = self._sum(part)
                if fact is not None:
                    yield Test(place, fact)

    def _branch(self, event: TraceEvent, statement: ast.stmt | None) -> Iterator[Test]:
        test = _parsed(event.name)
        if not isinstance(test, ast.Compare) or len(test.ops) != 1:
            return
        place = event.line, event.name
        around = [(c, c.generators[0].target) for c in _comprehensions(statement) if len(c.generators) == 1]
        inner = {target.id: c for c, target in around if isinstance(target, ast.Name)}
        used = [name for name in _names_in(test) if name in inner]
        if not used:
            yield from self._compare(test, place, self._names, event.line in self._looping)
        elif len(used) == 1 and place not in self._gone_through:
            self._gone_through.add(place)
            items = self._meaning(inner[used[0]].generators[0].iter)
            for item in items if isinstance(items, tuple) else ():
                yield from self._compare(test, place, {**self._names, used[0]: item}, True)

    def _compare(
        self, test: ast.Compare, place: tuple[int, str], names: Mapping[str, object], looping: bool
    ) -> Iterator[Test]:
        left, right = test.left, test.comparators[0]
        one, other = self._meaning(left, names), self._meaning(right, names)
        if isinstance(one, _Measured) and isinstance(other, _Measured) and one.axis == other.axis:
            yield from self._order(one, other, place)
        constant = isinstance(left, ast.Constant) or isinstance(right, ast.Constant)
        if _is_count(one) and _is_count(other) and not constant and not looping:
            yield Test(place, compared(one, other))

    def _order(self, one: _Measured, other: _Measured, place: tuple[int, str]) -> Iterator[Test]:
        """Yield the order of two boxes, if their centres are in the order of what was measured of them."""
        measure = MEASURES[one.axis]
        try:
            apart = measure(self._facts, one.box) - measure(self._facts, other.box)
        except ClaimError:
            return
        if apart * (one.value - other.value) > 0 and all(map(self._sayable, (one.box, other.box))):
            yield Test(place, in_sequence(one.axis, one.box, other.box, apart), apart > 0)

    def _sayable(self, box: GridBox) -> bool:
        return box == self._facts.picture or any(box in boxes for boxes in self._facts.named.values())

    def _sum(self, node: ast.AST) -> Fact | None:
        match node:
            case ast.BinOp(left, ast.Add() | ast.Sub() as op, right):
                one, other = self._meaning(left), self._meaning(right)
                constant = isinstance(left, ast.Constant) or isinstance(right, ast.Constant)
                if _is_count(one) and _is_count(other) and not constant:
                    return summed(one, other, 1 if isinstance(op, ast.Add) else -1)
            case ast.Call(ast.Attribute(one, "overlaps_with"), [other]):
                patches = self._meaning(one), self._meaning(other)
                boxes = [self._facts.grid(p.box) for p in patches if isinstance(p, PatchRef)]
                return Overlapping(frozenset(boxes)) if len(boxes) == 2 else None
        return None

    def _meaning(self, node: ast.expr, names: Mapping[str, object] | None = None) -> object:
        """Return what an expression stood for: a patch, patches, a measure or a plain value, else None."""
        try:
            return self._evaluate(node, self._names if names is None else names)
        except _Unsettled:
            return None

    def _evaluate(self, node: ast.expr, names: Mapping[str, object]) -> object:
        match node:
            case ast.Name(name) if name in names:
                return names[name]
            case ast.Constant(value):
                return value
            case ast.Attribute(value, attr):
                return self._attribute(self._patch(value, names), attr)
            case ast.Subscript(value, index):
                items, at = self._evaluate(value, names), self._evaluate(index, names)
                if isinstance(items, tuple) and isinstance(at, int) and -len(items) <= at < len(items):
                    return items[at]
            case ast.BinOp(ast.Attribute(value, "width" | "height" as side), ast.Div(), ast.Constant(2)):
                if self._facts.grid(self._patch(value, names).box) == self._facts.picture:
                    return self._attribute(self._patch(value, names), _CENTERS[side])
            case ast.Call(ast.Name("len"), [items]):
                listed = self._evaluate(items, names)
                if isinstance(listed, tuple):
                    return len(listed)
            case ast.Call(ast.Attribute(value, method), args):
                return self._call(self._patch(value, names), method, args)
        raise _Unsettled

    def _patch(self, node: ast.expr, names: Mapping[str, object]) -> PatchRef:
        patch = self._evaluate(node, names)
        if not isinstance(patch, PatchRef):
            raise _Unsettled
        return patch

    def _attribute(self, patch: PatchRef, attr: str) -> _Measured:
        if attr not in AXES:
            raise _Unsettled
        axis = AXES[attr]
        value = patch.box.center["xy".index(axis)] if attr.endswith("_center") else getattr(patch.box, attr)
        return _Measured(axis, value, self._facts.grid(patch.box))

    def _call(self, patch: PatchRef, method: str, args: list[ast.expr]) -> object:
        if not all(isinstance(arg, ast.Constant) for arg in args):
            raise _Unsettled
        at = self._facts.grid(patch.box)
        plain = tuple(arg.value for arg in args if isinstance(arg, ast.Constant))
        value = self._calls.get((at, method, plain))
        if value is None:
            raise _Unsettled
        return _Measured("depth", value, at) if method == "compute_depth" else value  # type: ignore[arg-type]


_CENTERS = {"width": "horizontal_center", "height": "vertical_center"}


def _comprehensions(statement: ast.stmt | None) -> list[ast.ListComp | ast.GeneratorExp | ast.SetComp]:
    return [n for n in ast.walk(statement) if isinstance(n, _COMPREHENSIONS)] if statement else []


def _changed_by(node: ast.AST) -> set[str]:
    """Return the variable whose list a call changes in place, which no event records."""
    match node:
        case ast.Call(ast.Attribute(ast.Name(name), method)) if method in _CHANGING:
            return {name}
    return set()


def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _names_in(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _is_count(value: object) -> TypeGuard[int]:
    """Tell a count from a measure, such as a distance, that has other sentences or none."""
    return isinstance(value, int) and not isinstance(value, bool)


def _close(one: float, other: object) -> bool:
    return isinstance(other, int | float) and abs(one - other) <= _ROUNDING
