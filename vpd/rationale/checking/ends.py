"""Which ends of rows of patches a program took: the leftmost, the nearest.

`min(xs, key=...)` and `max`, and the first or last item of what was sorted by a key. Only where the trace
settles what was sorted, and one thing alone is at either end by its centre or depth, so that it can be said.
"""

import ast
from collections.abc import Callable, Iterator

from vpd.execution.trace import PatchRef
from vpd.rationale.checking.facts import Facts
from vpd.rationale.checking.measures import MEASURES
from vpd.rationale.checking.references import ClaimError

CENTERS = {"horizontal_center": "x", "vertical_center": "y"}
Meaning = Callable[[ast.expr], object]


class Ends:
    """Reads the statements of one program for the ends that they take."""

    def __init__(self, tree: ast.Module, facts: Facts) -> None:
        self._facts = facts
        self._sorted = dict(_sortings(tree))

    def of(self, statement: ast.stmt, meaning: Meaning) -> Iterator[str]:
        """Yield the axes along which a statement takes an end; `meaning` tells what expressions stood for."""
        expressions = [e for e in ast.iter_child_nodes(statement) if isinstance(e, ast.expr)]
        for part in (part for expression in expressions for part in ast.walk(expression)):
            axis = self._axis(part, meaning)
            if axis is not None:
                yield axis

    def _axis(self, part: ast.AST, meaning: Meaning) -> str | None:
        match part:
            case ast.Call(ast.Name("min" | "max"), [items], keywords):
                return self._sayable(items, keywords, meaning)
            case ast.Subscript(ast.Call(ast.Name("sorted"), [items], keywords), index) if _is_end(index):
                return self._sayable(items, keywords, meaning)
            case ast.Subscript(ast.Name(name), index) if _is_end(index) and name in self._sorted:
                return self._sayable(*self._sorted[name], meaning)
        return None

    def _sayable(self, items: ast.expr, keywords: list[ast.keyword], meaning: Meaning) -> str | None:
        axis, patches = _key_axis(keywords), meaning(items)
        if axis is None or not isinstance(patches, tuple) or len(patches) < 2:
            return None
        boxes = {self._facts.grid(p.box) for p in patches if isinstance(p, PatchRef)}
        try:
            values = sorted(MEASURES[axis](self._facts, box) for box in boxes)
        except ClaimError:
            return None
        alone = len(values) > 1 and values[0] < values[1] and values[-2] < values[-1]
        known = any(boxes <= found for found in self._facts.named.values())
        return axis if alone and known else None


def _sortings(tree: ast.Module) -> Iterator[tuple[str, tuple[ast.expr, list[ast.keyword]]]]:
    """Yield the variables that hold something sorted, with what was sorted and the keywords."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign([ast.Name(name)], ast.Call(ast.Name("sorted"), [items], keywords)):
                yield name, (items, keywords)


def _key_axis(keywords: list[ast.keyword]) -> str | None:
    for keyword in keywords:
        match keyword.arg, keyword.value:
            case "key", ast.Lambda(body=ast.Attribute(ast.Name(), attr)):
                return CENTERS.get(attr)
            case "key", ast.Lambda(body=ast.Call(ast.Attribute(ast.Name(), "compute_depth"))):
                return "depth"
    return None


def _is_end(index: ast.expr) -> bool:
    return ast.unparse(index) in ("0", "-1")
