"""What the expressions of a program stand for at a moment of its run, as far as the trace tells.

A `Scope` holds the variables, and the results of all tool calls so far. It evaluates expressions to patches,
listings and measures, so that a rationale can say "left of" where the program compared two numbers. Nothing
is executed: an expression that the trace does not settle raises `Unknown`.

Not here: what statements do to variables (`vpd.rationale.reading.replay`).
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from vpd.execution.trace import PatchRef, TraceEvent
from vpd.geometry import Box
from vpd.rationale.reading.operations import apart, combined, distinct, holds, length, looked_up
from vpd.rationale.reading.values import (
    Axis,
    Distance,
    Distinct,
    Listing,
    Measure,
    Order,
    Reply,
    Unknown,
    collected,
    elements,
    number,
    plain,
)
from vpd.tools.methods import IMAGE_PATCH, Method

AXES: dict[str, Axis] = {
    "horizontal_center": "x",
    "left": "x",
    "right": "x",
    "vertical_center": "y",
    "top": "y",
    "bottom": "y",
    "height": "height",
    "width": "width",
}
Comprehension = ast.ListComp | ast.GeneratorExp | ast.SetComp
DEEPEST = 20  # functions within functions
_THROUGH = ("str", "int", "float", "list", "tuple", "bool_to_yesno", "round")
_SPELLING = ("lower", "strip", "upper", "title", "capitalize")


@dataclass(frozen=True)
class Scope:
    """Variables and tool results at one moment."""

    picture: PatchRef
    methods: Mapping[str, Method] = field(default_factory=lambda: IMAGE_PATCH)
    functions: Mapping[str, tuple[tuple[str, ...], ast.expr]] = field(default_factory=dict)
    names: Mapping[str, object] = field(default_factory=dict)
    calls: dict[tuple[Box, str, tuple[object, ...]], object] = field(default_factory=dict)
    depth: int = 0

    def add_call(self, event: TraceEvent) -> None:
        """Remember what a tool call gave, in this scope and all made from it."""
        self.calls[(event.patch or self.picture).box, event.name, event.args] = event.value

    def bind(self, name: str, value: object) -> "Scope":
        """Return this scope with one more variable."""
        return replace(self, names={**self.names, name: value})

    def without(self, names: set[str]) -> "Scope":
        """Return this scope without some variables: nothing is known of them any more."""
        return replace(self, names={n: v for n, v in self.names.items() if n not in names})

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
                return self._item(self.evaluate(value), index)
            case ast.Call():
                return self._call(node)
            case ast.Compare(left, ops, rights):
                return self._compare([left, *rights], ops)
            case ast.UnaryOp(ast.Not(), operand):
                return not self.truth(operand)
            case ast.UnaryOp(ast.USub(), operand):
                return -number(self.evaluate(operand))
            case ast.BinOp(left, op, right):
                return combined(self.evaluate(left), op, self.evaluate(right), self.picture)
            case ast.BoolOp(op, values):
                return (all if isinstance(op, ast.And) else any)(self.truth(v) for v in values)
            case ast.IfExp(test, body, orelse):
                return self.evaluate(body if self.truth(test) else orelse)
            case ast.List(elts) | ast.Tuple(elts):
                return collected(tuple(self.evaluate(e) for e in elts))
            case ast.Dict([], []):
                return {}
            case ast.JoinedStr(values):
                return "".join(str(plain(self.evaluate(v))) for v in values)
            case ast.FormattedValue(value, conversion=-1, format_spec=None):
                return self.evaluate(value)
            case ast.ListComp(elt) | ast.GeneratorExp(elt):
                return collected(tuple(s.evaluate(elt) for s in self.each(node) if s.passes(node)))
            case ast.SetComp(elt):
                return distinct(tuple(s.evaluate(elt) for s in self.each(node) if s.passes(node)))
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
        raise Unknown

    def index(self, node: ast.AST) -> int:
        """Return the index that an expression stands for; raises Unknown."""
        value = number(self.evaluate(node))
        if not isinstance(value, int):
            raise Unknown
        return value

    def truth(self, node: ast.AST) -> bool:
        """Return the truth of an expression; raises Unknown."""
        value = plain(self.evaluate(node))
        return bool(elements(value)) if isinstance(value, Listing | Distinct) else bool(value)

    def each(self, node: Comprehension) -> Iterator["Scope"]:
        """Yield the scope of each item that a comprehension runs over; raises Unknown."""
        match node.generators:
            case [ast.comprehension(ast.Name(name), items)]:
                for item in elements(self.evaluate(items)):
                    yield self.bind(name, item)
            case _:
                raise Unknown

    def passes(self, node: Comprehension) -> bool:
        """Tell whether the filters of a comprehension hold in its own scope."""
        return all(self.truth(test) for test in node.generators[0].ifs)

    def opened(self, call: ast.Call) -> tuple["Scope", ast.expr] | None:
        """Return the scope and the result of a call of one of the program's one-line functions."""
        if not isinstance(call.func, ast.Name) or call.func.id not in self.functions or call.keywords:
            return None
        names, body = self.functions[call.func.id]
        if len(names) != len(call.args) or self.depth > DEEPEST:
            return None
        given = dict(zip(names, (self.evaluate(a) for a in call.args), strict=True))
        return replace(self, names={**self.names, **given}, depth=self.depth + 1), body

    def sorted(self, items: ast.AST, key: ast.AST | None, *, reverse: bool) -> Listing:
        """Return a listing in the order of its sort key; raises Unknown."""
        patches = self.listing(items).patches
        if key is None or not patches:
            raise Unknown
        keys = sorted((self._key(key, p) for p in patches), key=lambda k: k.value, reverse=reverse)
        return Listing(tuple(k.patch for k in keys), order=Order(tuple(keys), reverse))

    def chosen(self, call: ast.Call) -> Listing:
        """Return the listing whose first patch `min` or `max` with a key takes; raises Unknown."""
        key = next((k.value for k in call.keywords if k.arg == "key"), None)
        if len(call.args) != 1:
            raise Unknown
        return self.sorted(call.args[0], key, reverse=ast.unparse(call.func) == "max")

    def _key(self, key: ast.AST, patch: PatchRef) -> Measure | Distance:
        """Return what a key such as `lambda p: p.left` measures of a patch."""
        if isinstance(key, ast.Lambda):
            names, body = tuple(a.arg for a in key.args.args), key.body
        elif isinstance(key, ast.Name) and key.id in self.functions:
            names, body = self.functions[key.id]
        else:
            raise Unknown
        value = self.bind(names[0], patch).evaluate(body) if len(names) == 1 else None
        if not isinstance(value, Measure | Distance) or value.patch.box != patch.box:
            raise Unknown
        return value

    def _attribute(self, patch: PatchRef, attr: str) -> Measure:
        if attr not in AXES:
            raise Unknown
        axis = AXES[attr]
        if attr.endswith("_center"):
            return Measure(axis, patch.box.center["xy".index(axis)], patch)
        return Measure(axis, getattr(patch.box, attr), patch)

    def _item(self, value: object, index: ast.AST) -> object:
        if isinstance(value, dict):
            return looked_up(value, plain(self.evaluate(index)))
        items, at = elements(value), self.index(index)
        if isinstance(value, Distinct) or not -len(items) <= at < len(items):
            raise Unknown
        return items[at]

    def _call(self, node: ast.Call) -> object:
        opened = self.opened(node)
        if opened is not None:
            scope, body = opened
            return scope.evaluate(body)
        keywords = {k.arg: k.value for k in node.keywords if k.arg is not None}
        match node.func, node.args:
            case ast.Name("ImagePatch"), _:
                return self.picture
            case ast.Name("len"), [items]:
                return length(self.evaluate(items))
            case ast.Name("abs"), [ast.BinOp(left, ast.Sub(), right)]:
                return apart(self.evaluate(left), self.evaluate(right))
            case ast.Name("set"), []:
                return Distinct(())
            case ast.Name("set"), [items]:
                return distinct(elements(self.evaluate(items)))
            case ast.Name(name), [value] if name in _THROUGH:
                return self.evaluate(value)
            case ast.Name("sorted"), [items]:
                return self._in_order(items, keywords)
            case ast.Name("any" | "all" as name), [items]:
                return (any if name == "any" else all)(bool(plain(v)) for v in elements(self.evaluate(items)))
            case ast.Name("min" | "max"), [_] if "key" in keywords:
                return self.chosen(node).patches[0]
            case ast.Name("min" | "max" as name), args:
                values = [self.evaluate(a) for a in args]
                several = elements(values[0]) if len(values) == 1 else values
                return (min if name == "min" else max)(several, key=number, default=None)
            case ast.Attribute(ast.Name(name), "get"), [key, *default] if name in self.names:
                return self._got(self.names[name], key, default)
            case ast.Attribute(value, method), [] if method in _SPELLING:
                said = self.evaluate(value)
                return replace(said, text=getattr(said.text, method)()) if isinstance(said, Reply) else said
            case ast.Attribute(value, method), args:
                return self._tool(self.patch(value), method, self._arguments(method, args, keywords))
        raise Unknown

    def _got(self, value: object, key: ast.expr, default: Sequence[ast.expr]) -> object:
        if not isinstance(value, dict):
            raise Unknown
        at = plain(self.evaluate(key))
        if at in value:
            return value[at]
        return self.evaluate(default[0]) if default else None

    def _in_order(self, items: ast.AST, keywords: Mapping[str, ast.expr]) -> object:
        reverse = self.truth(keywords.get("reverse", ast.Constant(False)))
        if "key" in keywords:
            return self.sorted(items, keywords["key"], reverse=reverse)
        return tuple(sorted(elements(self.evaluate(items)), key=number, reverse=reverse))

    def _arguments(
        self, method: str, args: Sequence[ast.expr], keywords: Mapping[str, ast.expr]
    ) -> tuple[object, ...]:
        """Return the arguments of a method as the trace has them."""
        parameters = list(self.methods[method].parameters) if method in self.methods else []
        given = [*args, *(keywords[p] for p in parameters[len(args) :] if p in keywords)]
        values = [plain(self.evaluate(a)) for a in given]
        return tuple(tuple(map(plain, v)) if isinstance(v, tuple) else v for v in values)

    def _tool(self, patch: PatchRef, method: str, args: tuple[object, ...]) -> object:
        result = self.calls.get((patch.box, method, args))
        asked = self.methods.get(method)
        if asked is not None and asked.returns_patches and isinstance(result, tuple):
            return Listing(tuple(p for p in result if isinstance(p, PatchRef)), name=asked.named(args))
        if method == "compute_depth" and isinstance(result, int | float):
            return Measure("depth", result, patch)
        if isinstance(result, str):
            return Reply(result, method, str(args[0]) if args else "", patch)
        if result is None:
            raise Unknown
        return result

    def _compare(self, operands: Sequence[ast.expr], ops: Sequence[ast.cmpop]) -> bool:
        values = [plain(self.evaluate(node)) for node in operands]
        return all(holds(a, op, b) for a, op, b in zip(values, ops, values[1:], strict=False))
