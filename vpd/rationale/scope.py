"""What the expressions of a program stand for at a moment of its run, as far as the trace tells.

A `Scope` holds the variables, and the results of all tool calls so far. It evaluates expressions to patches,
listings and measures, so that a rationale can say "left of" where the program compared two numbers. Nothing
is executed: an expression that the trace does not settle raises `Unknown`.
"""

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from vpd.execution.trace import PatchRef, TraceEvent
from vpd.geometry import Box
from vpd.tools.methods import IMAGE_PATCH, Method

Axis = Literal["x", "y", "depth"]
AXES: dict[str, Axis] = {
    "horizontal_center": "x",
    "left": "x",
    "right": "x",
    "vertical_center": "y",
    "top": "y",
    "bottom": "y",
}
_THROUGH = ("str", "int", "float", "list", "bool_to_yesno", "round", "abs")
_COMPARE: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


class Unknown(Exception):
    """The trace does not settle what an expression stands for."""


@dataclass(frozen=True)
class Measure:
    """A number read off one patch: where it is (`x`, `y`, in pixels) or how far away (`depth`)."""

    axis: Axis
    value: float
    patch: PatchRef


@dataclass(frozen=True)
class Listing:
    """A list of patches: all of one `find` if it has a name, sorted along an axis if it has an order."""

    patches: tuple[PatchRef, ...]
    name: str | None = None
    order: tuple[Axis, bool] | None = None


@dataclass(frozen=True)
class Count:
    """The length of a listing."""

    value: int
    of: Listing


@dataclass
class Scope:
    """Variables and tool results at one moment."""

    picture: PatchRef
    methods: Mapping[str, Method] = field(default_factory=lambda: IMAGE_PATCH)
    names: dict[str, object] = field(default_factory=dict)
    calls: dict[tuple[Box, str, tuple[object, ...]], object] = field(default_factory=dict)

    def add_call(self, event: TraceEvent) -> None:
        """Remember what a tool call gave."""
        self.calls[(event.patch or self.picture).box, event.name, event.args] = event.value

    def bind(self, name: str, value: object) -> "Scope":
        """Return this scope with one more variable."""
        return replace(self, names={**self.names, name: value})

    def evaluate(self, node: ast.AST) -> object:
        """Return what an expression stands for; raises Unknown."""
        match node:
            case ast.Constant(value):
                return value
            case ast.Name(name) if name in self.names:
                return self.names[name]
            case ast.Attribute(value, attr):
                return self._attribute(self.patch(value), attr)
            case ast.Subscript(value, index):
                return self._item(value, index)
            case ast.Call(func, args):
                return self._call(node, func, args)
            case ast.Compare(left, [op], [right]):
                return self._compare(left, op, right)
            case ast.UnaryOp(ast.Not(), operand):
                return not self.truth(operand)
            case ast.UnaryOp(ast.USub(), operand):
                return -self.number(operand)
            case ast.BoolOp(op, values):
                return (all if isinstance(op, ast.And) else any)(self.truth(v) for v in values)
            case ast.ListComp() | ast.GeneratorExp() | ast.SetComp():
                return Listing(tuple(p for p, scope in self.each(node) if scope.passes(node)))
        raise Unknown

    def patch(self, node: ast.AST) -> PatchRef:
        """Return the patch that an expression stands for; raises Unknown if it is none."""
        value = self.evaluate(node)
        if not isinstance(value, PatchRef):
            raise Unknown
        return value

    def listing(self, node: ast.AST) -> Listing:
        """Return the patches that an expression stands for; raises Unknown if it is no list of patches."""
        value = self.evaluate(node)
        if isinstance(value, Listing):
            return value
        if isinstance(value, tuple) and all(isinstance(p, PatchRef) for p in value):
            return Listing(value)
        raise Unknown

    def number(self, node: ast.AST) -> float:
        """Return the number that an expression stands for; raises Unknown."""
        value = self.evaluate(node)
        if isinstance(value, Measure | Count):
            return value.value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        raise Unknown

    def index(self, node: ast.AST) -> int:
        """Return the index that an expression stands for; raises Unknown."""
        value = self.number(node)
        if not isinstance(value, int):
            raise Unknown
        return value

    def truth(self, node: ast.AST) -> bool:
        """Return the truth of an expression; raises Unknown."""
        value = self.evaluate(node)
        if isinstance(value, bool):
            return value
        return bool(self.listing(node).patches)

    def each(self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp) -> Iterator[tuple[PatchRef, "Scope"]]:
        """Yield the patches that a comprehension runs over, each with the scope its conditions see."""
        match node.generators:
            case [ast.comprehension(ast.Name(name), items)]:
                for patch in self.listing(items).patches:
                    yield patch, self.bind(name, patch)
            case _:
                raise Unknown

    def passes(self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp) -> bool:
        """Tell whether the filters of a comprehension hold in its own scope."""
        return all(self.truth(test) for test in node.generators[0].ifs)

    def measure(self, key: ast.AST, patch: PatchRef) -> Measure:
        """Return what a key such as `lambda p: p.left` measures of a patch; raises Unknown."""
        if isinstance(key, ast.Lambda) and len(key.args.args) == 1:
            value = self.bind(key.args.args[0].arg, patch).evaluate(key.body)
            if isinstance(value, Measure):
                return value
        raise Unknown

    def sorted(self, items: ast.AST, keywords: Mapping[str, ast.expr]) -> Listing:
        """Return a listing in the order of its sort key; raises Unknown."""
        patches = self.listing(items).patches
        reverse = keywords.get("reverse", ast.Constant(False))
        if "key" not in keywords or not isinstance(reverse, ast.Constant) or not patches:
            raise Unknown
        measures = sorted(
            (self.measure(keywords["key"], p) for p in patches),
            key=lambda m: m.value,
            reverse=bool(reverse.value),
        )
        return Listing(tuple(m.patch for m in measures), order=(measures[0].axis, bool(reverse.value)))

    def _attribute(self, patch: PatchRef, attr: str) -> Measure:
        if attr not in AXES:
            raise Unknown
        axis = AXES[attr]
        value = patch.box.center["xy".index(axis)] if attr.endswith("_center") else getattr(patch.box, attr)
        return Measure(axis, value, patch)

    def _item(self, value: ast.AST, index: ast.AST) -> object:
        items, at = self.listing(value).patches, self.index(index)
        if not -len(items) <= at < len(items):
            raise Unknown
        return items[at]

    def _call(self, node: ast.AST, func: ast.AST, args: list[ast.expr]) -> object:
        assert isinstance(node, ast.Call)
        keywords = {k.arg: k.value for k in node.keywords if k.arg is not None}
        match func, args:
            case ast.Name("ImagePatch"), _:
                return self.picture
            case ast.Name("len"), [items]:
                listing = self.listing(items)
                return Count(len(listing.patches), listing)
            case ast.Name(name), [value] if name in _THROUGH:
                return self.evaluate(value)
            case ast.Name("sorted"), [items]:
                return self.sorted(items, keywords)
            case ast.Name("min" | "max" as name), [items] if "key" in keywords:
                return self.sorted(items, {"key": keywords["key"]}).patches[0 if name == "min" else -1]
            case ast.Attribute(value, method), _:
                return self._tool(self.patch(value), method, tuple(_constant(a) for a in args))
        raise Unknown

    def _tool(self, patch: PatchRef, method: str, args: tuple[object, ...]) -> object:
        result = self.calls.get((patch.box, method, args))
        asked = self.methods.get(method)
        if asked is not None and asked.returns_patches and isinstance(result, tuple):
            return Listing(tuple(p for p in result if isinstance(p, PatchRef)), name=asked.named(args))
        if method == "compute_depth" and isinstance(result, int | float):
            return Measure("depth", result, patch)
        if result is None:
            raise Unknown
        return result

    def _compare(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> bool:
        if type(op) not in _COMPARE:
            raise Unknown
        return _COMPARE[type(op)](self.number(left), self.number(right))


def _constant(node: ast.expr) -> object:
    """Return a literal argument, lists as tuples as the trace has them."""
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError) as error:
        raise Unknown from error
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    if not isinstance(value, str | int | float):
        raise Unknown
    return value
