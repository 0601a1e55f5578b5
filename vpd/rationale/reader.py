"""Reads a run for what it gives to say, in the order in which it came up: one note per fact, repeats merged.

Tool results become notes as they are; comparisons, selections and sums where the program's source tells what
was compared (`vpd.rationale.scope`). Calls whose results are never used are left out
(`vpd.rationale.needed`).

Not here: the words (`vpd.rationale.phrases`).
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

from vpd.execution.trace import PatchRef, TraceEvent
from vpd.geometry import Box
from vpd.rationale.needed import idle_lines
from vpd.rationale.notes import (
    Counts,
    Exists,
    Extreme,
    Found,
    Note,
    Overlap,
    Property,
    Relation,
    Replies,
    Sum,
    Told,
)
from vpd.rationale.nouns import name_key
from vpd.rationale.scope import Count, Listing, Measure, Scope, Unknown
from vpd.rationale.syntax import (
    changing_names,
    inner_names,
    names_in,
    own_expressions,
    parsed,
    seeks_false,
    sorted_name,
)
from vpd.scoring.normalize import normalize
from vpd.tools.methods import Method

_NoteType = TypeVar("_NoteType", bound=Note)
ROUNDING = 0.02  # a trace keeps boxes to 2 digits
_ASKED = {ast.Lt: -1, ast.LtE: -1, ast.Gt: 1, ast.GtE: 1}


def take_notes(
    source: str, events: Sequence[TraceEvent], width: int, height: int, methods: Mapping[str, Method]
) -> list[Note]:
    """Return the notes of a run of the canonical program `source` on a picture of this size in pixels."""
    tree = ast.parse(source)
    reader = _Reader(tree, PatchRef(0, "", Box(0, 0, width, height)), methods)
    idle = idle_lines(tree, {e.line for e in events if e.kind in ("branch", "return")})
    for event in events:
        reader.read(event, idle=event.line in idle)
    return list(reader.notes.values())


class _Reader:
    def __init__(self, tree: ast.Module, picture: PatchRef, methods: Mapping[str, Method]) -> None:
        self.notes: dict[object, Note] = {}
        self.methods = methods
        self.scope = Scope(picture, methods)
        statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
        self.statements = {s.lineno: s for s in reversed(statements)}
        self.sorts = [s for s in statements if sorted_name(s)]
        self.changing = changing_names(tree)

    def read(self, event: TraceEvent, *, idle: bool) -> None:
        """Take in one event; an idle one is remembered but gives no note."""
        self._sort_until(event.line)
        statement = self.statements.get(event.line)
        if event.kind == "tool":
            self.scope.add_call(event)
            if not idle:
                self._note_selections(statement)
                self._note_tool(event, statement)
        elif event.kind == "branch":
            inner = inner_names(statement)
            test = parsed(event.name)
            counting = isinstance(statement, ast.While)
            if isinstance(test, ast.Compare) and not inner & names_in(test) and not counting:
                self._note_comparison(test, self.scope, (event.line, event.name))
        elif event.kind == "return":
            self._note_expression(parsed(event.name))
        elif not idle:
            self._note_value(statement)
        if event.kind == "value" and event.name not in self.changing:
            self.scope = self.scope.bind(event.name, self._meaning(event, statement))

    def _meaning(self, event: TraceEvent, statement: ast.stmt | None) -> object:
        """Return what a variable now stands for: what its expression means if that fits the value."""
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            try:
                meaning = self.scope.evaluate(statement.value)
            except Unknown:
                return event.value
            if _fits(meaning, event.value):
                return meaning
        return event.value

    def _sort_until(self, line: int) -> None:
        """Apply the `x.sort(key=...)` statements that lie above a line."""
        for statement in [s for s in self.sorts if s.lineno < line]:
            self.sorts.remove(statement)
            assert isinstance(statement, ast.Expr)
            call = statement.value
            assert isinstance(call, ast.Call)
            assert isinstance(call.func, ast.Attribute)
            keywords = {k.arg: k.value for k in call.keywords if k.arg is not None}
            name = sorted_name(statement)
            try:
                self.scope = self.scope.bind(name, self.scope.sorted(call.func.value, keywords))
            except Unknown:
                self.scope.names.pop(name, None)

    def _note_tool(self, event: TraceEvent, statement: ast.stmt | None) -> None:
        patch, method = event.patch or self.scope.picture, self.methods.get(event.name)
        if method is not None and method.returns_patches and isinstance(event.value, tuple):
            name = method.named(event.args)
            patches = tuple(p for p in event.value if isinstance(p, PatchRef))
            self._add(("find", patch.box, name_key(name)), Found(patch, name, patches))
        elif method is not None and method.says and event.value is not None:
            told = Told(method, patch if method.looks else None, event.args, event.value)
            self._add(("told", event.name, told.patch and patch.box, event.args), told)
        else:
            self._note_answer(event, patch, statement)

    def _note_answer(self, event: TraceEvent, patch: PatchRef, statement: ast.stmt | None) -> None:
        match event.name, event.args, event.value:
            case "exists", (str(name),), bool(there):
                if ("find", patch.box, name_key(name)) not in self.notes:
                    self._add(("exists", patch.box, name_key(name)), Exists(patch, name, there))
            case "verify_property", (str(name), str(prop)), bool(holds):
                key = ("property", name_key(name), normalize(prop))
                verified = self._add(key, Property(name, normalize(prop), not seeks_false(statement)))
                verified.holds.setdefault(patch, holds)
            case "simple_query", (str(question),), reply:
                asked = self._add(("reply", normalize(question)), Replies(question))
                asked.replies.setdefault(patch, normalize(str(reply)))
            case "best_text_match", options, reply:
                matched = self._add(("match", options), Replies(None))
                matched.replies.setdefault(patch, normalize(str(reply)))

    def _note_value(self, statement: ast.stmt | None) -> None:
        match statement:
            case ast.Assign(targets, value) if not names_in(targets[0]) & names_in(value):
                self._note_expression(value)
            case ast.For(iter=items):
                self._note_expression(items)

    def _note_expression(self, node: ast.AST | None) -> None:
        """Note what the parts of an expression compare, select or add up; what is unknown gives nothing."""
        for part in ast.walk(node) if node is not None else ():
            with suppress(Unknown):
                self._note_part(part)

    def _note_selections(self, statement: ast.stmt | None) -> None:
        """Note which patches a statement selects, before what it asks of them."""
        for part in (p for e in own_expressions(statement) for p in ast.walk(e)):
            if isinstance(part, ast.Subscript):
                with suppress(Unknown):
                    self._note_part(part)

    def _note_part(self, part: ast.AST) -> None:
        match part:
            case ast.ListComp() | ast.GeneratorExp() | ast.SetComp():
                for test, scope in self._tests(part):
                    self._note_comparison(test, scope, ast.dump(test))
            case ast.Call(ast.Name("min" | "max" as name), [items]):
                keywords = {k.arg: k.value for k in part.keywords if k.arg is not None}
                self._note_extreme(self.scope.sorted(items, keywords), 0 if name == "min" else -1)
            case ast.Subscript(value, index):
                self._note_extreme(self.scope.listing(value), self.scope.index(index))
            case ast.BinOp(left, ast.Add() | ast.Sub() as op, right):
                self._note_sum(left, op, right)
            case ast.Call(ast.Attribute(one, "overlaps_with"), [other]):
                pair = self.scope.patch(one), self.scope.patch(other)
                self._add(("overlap", pair[0].box, pair[1].box), Overlap(*pair))

    def _tests(
        self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp
    ) -> Iterator[tuple[ast.Compare, Scope]]:
        """Yield the comparisons that a comprehension makes of its items, each with the scope of the item."""
        tests = [*node.generators[0].ifs, node.elt]
        compared = [part for test in tests for part in ast.walk(test) if isinstance(part, ast.Compare)]
        for _, scope in self.scope.each(node):
            yield from ((test, scope) for test in compared)

    def _note_comparison(self, test: ast.Compare, scope: Scope, key: object) -> None:
        """Note two patches along an axis, or two numbers that were worked out, as they were compared."""
        left, right = test.left, test.comparators[0]
        try:
            one, other = scope.evaluate(left), scope.evaluate(right)
        except Unknown:
            return
        if isinstance(one, Measure) and isinstance(other, Measure):
            asked = _ASKED.get(type(test.ops[0]), 0)
            whole = self.scope.picture.box in (one.patch.box, other.patch.box)
            if asked and not whole and _same_order(one, other):
                note = self._add(("relation", key), Relation(one.axis, asked))
                apart = one.value - other.value
                note.pairs.append((one.patch, other.patch, (apart > 0) - (apart < 0)))
        elif not isinstance(left, ast.Constant) and not isinstance(right, ast.Constant):
            a, b = _number(one), _number(other)
            if a is not None and b is not None:
                names = _name_of(one), _name_of(other)
                self._add(("counts", a, b, names), Counts(a, b, names))

    def _note_extreme(self, listing: Listing, index: object) -> None:
        if listing.order is None or index not in (0, -1) or len(listing.patches) < 2:
            return
        axis, reverse = listing.order
        patch = listing.patches[0 if index == 0 else -1]
        sign = -1 if (index == 0) is not reverse else 1
        self._add(("extreme", patch.box, axis, sign), Extreme(patch, listing.patches, axis, sign))

    def _note_sum(self, left: ast.expr, op: ast.operator, right: ast.expr) -> None:
        if isinstance(left, ast.Constant) or isinstance(right, ast.Constant):
            return
        one, other = self.scope.number(left), self.scope.number(right)
        sign = 1 if isinstance(op, ast.Add) else -1
        self._add(("sum", one, other, sign), Sum(one, other, sign))

    def _add(self, key: object, note: _NoteType) -> _NoteType:
        """Add a note unless there is one under this key, and return the one that there is."""
        present = self.notes.setdefault(key, note)
        assert isinstance(present, type(note))
        return present


def _same_order(one: Measure, other: Measure) -> bool:
    """Tell whether two measures differ, and the way the patches' centres do where they are positions."""
    if one.axis != other.axis or one.patch.box == other.patch.box:
        return one.axis == other.axis
    if one.axis == "depth":
        return True
    at = "xy".index(one.axis)
    apart = one.patch.box.center[at] - other.patch.box.center[at]
    return (one.value - other.value) * apart > 0


def _fits(meaning: object, value: object) -> bool:
    """Tell whether a trace can have recorded this value for a meaning; a trace rounds boxes and numbers."""
    match meaning, value:
        case Listing(patches), _:
            return patches == value
        case Measure(value=number), int() | float():
            return abs(number - value) <= ROUNDING
        case Count(value=number), _:
            return number == value
    return meaning == value


def _number(value: object) -> float | None:
    if isinstance(value, Count):
        return value.value
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _name_of(value: object) -> str | None:
    return value.of.name if isinstance(value, Count) else None
