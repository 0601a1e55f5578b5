"""What expressions say of where objects are and how large: orders, extremes, distances, overlaps."""

import ast
from contextlib import suppress
from itertools import pairwise

from vpd.execution.trace import PatchRef
from vpd.rationale.nouns import name_key
from vpd.rationale.reading.evaluated import evaluated
from vpd.rationale.reading.notes import Extreme, Nearer, NearestTo, Notebook, Overlaps, Relation
from vpd.rationale.reading.scope import Scope
from vpd.rationale.reading.values import Distance, Listing, Measure, Order, Unknown
from vpd.rationale.slicing.syntax import denied_parts

_ASKED = {ast.Lt: -1, ast.LtE: -1, ast.Gt: 1, ast.GtE: 1}


def note_places(node: ast.expr, scope: Scope, book: Notebook) -> None:
    """Note what an expression selects by, and compares of, where patches are and how large they are."""
    denied = denied_parts(node)
    for part, inner in evaluated(node, scope):
        with suppress(Unknown):
            _note_place(part, inner, book, wanted=part not in denied)


def _note_place(part: ast.AST, scope: Scope, book: Notebook, *, wanted: bool) -> None:
    match part:
        case ast.Call(ast.Name("min" | "max"), [_], [_, *_]):
            _note_end(scope.chosen(part), 0, book)
        case ast.Subscript(value, index):
            _note_end(scope.listing(value), scope.index(index), book)
        case ast.Call(ast.Attribute(one, "overlaps_with"), [other]):
            pair = scope.patch(one), scope.patch(other)
            key = "overlap", part.lineno, ast.unparse(part), *(name_key(p.name) for p in pair)
            book.add(key, Overlaps(wanted)).pairs.append(pair)
        case ast.Compare(left, ops, rights):
            for (first, second), sign in zip(pairwise([left, *rights]), ops, strict=True):
                values = scope.evaluate(first), scope.evaluate(second)
                _note_order(*values, sign, part, scope, book)


def _note_order(
    one: object, other: object, op: ast.cmpop, test: ast.Compare, scope: Scope, book: Notebook
) -> None:
    match one, other:
        case Measure(), Measure():
            key = test.lineno, ast.unparse(test)
            _note_relation(one, other, _ASKED.get(type(op), 0), scope, book, key)
        case Distance(), Distance():
            _note_nearer(one, other, book)


def _note_relation(
    one: Measure, other: Measure, asked: int, scope: Scope, book: Notebook, key: object
) -> None:
    """Note the order of two measures, if it is that of the patches' centres where they are places."""
    apart = one.value - other.value
    if not asked or not _same_order(one, other):
        return
    if one.patch.box == scope.picture.box:
        one, other, asked, apart = other, one, -asked, -apart
    names = name_key(one.patch.name), name_key(other.patch.name)
    note = book.add(("relation", key, one.axis, *names), Relation(one.axis, asked))
    note.pairs.append((one.patch, other.patch, (apart > 0) - (apart < 0)))


def _same_order(one: Measure, other: Measure) -> bool:
    """Tell whether two measures differ, and the way the patches' centres do where they are positions."""
    if one.axis != other.axis or one.patch.box == other.patch.box or one.axis not in ("x", "y"):
        return one.axis == other.axis
    at = "xy".index(one.axis)
    apart = one.patch.box.center[at] - other.patch.box.center[at]
    return (one.value - other.value) * apart > 0


def _note_nearer(one: Distance, other: Distance, book: Notebook) -> None:
    one, other = min(one, other, key=_value), max(one, other, key=_value)
    shared = [p for p in (one.patch, one.anchor) if p.box in (other.patch.box, other.anchor.box)]
    if one.axis != other.axis or len(shared) != 1 or one.value == other.value:
        return
    near, far = (_not_at(distance, shared[0]) for distance in (one, other))
    book.add(("nearer", near.box, far.box, one.axis), Nearer(near, far, one.axis, shared[0]))


def _value(distance: Distance) -> float:
    return distance.value


def _not_at(distance: Distance, anchor: PatchRef) -> PatchRef:
    return distance.anchor if distance.patch.box == anchor.box else distance.patch


def _note_end(listing: Listing, index: int, book: Notebook) -> None:
    """Note the patch at an end of a sorted listing, if it is alone there."""
    if listing.order is None or index not in (0, -1) or len(listing.patches) < 2:
        return
    order, patch = listing.order, listing.patches[index]
    sign = -1 if (index == 0) is not order.reverse else 1
    if order.keys[index].value == order.keys[1 if index == 0 else -2].value:
        return
    match order.keys[index]:
        case Distance(axis, _, _, anchor) if sign < 0 and _one_anchor(order):
            note = NearestTo(patch, listing.patches, axis, anchor)
            book.add(("nearest", patch.box, axis, anchor.box), note)
        case Measure(axis):
            book.add(("extreme", patch.box, axis, sign), Extreme(patch, listing.patches, axis, sign))


def _one_anchor(order: Order) -> bool:
    return len({k.anchor.box for k in order.keys if isinstance(k, Distance)}) == 1
