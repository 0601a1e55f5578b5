"""Which expressions of a program are patches, or lists of patches, as far as its text tells.

One pass over all that is bound, whatever the order or the function: a name that is given anything else
anywhere is not known. So what is said here holds in every run, and much is not said.

Not here: values that programs read from dictionaries, take as parameters or unpack by star.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping

from vpd.execution.names import bound_names
from vpd.execution.program import ENTRY
from vpd.tools.methods import Method

PATCH, PATCHES, OTHER = "patch", "patches", "other"
_SAME_ITEMS = frozenset({"sorted", "list", "tuple", "set", "reversed"})
_ONE_ITEM = frozenset({"min", "max"})


class PatchKinds:
    """Tells the kind of an expression: PATCH, PATCHES, OTHER, or None where nothing leads to a value."""

    def __init__(self, tree: ast.Module, methods: Mapping[str, Method]) -> None:
        self._methods = methods
        self._names: dict[str, str] = {}
        nodes = list(ast.walk(tree))
        self._own = bound_names(nodes)
        bindings = [binding for node in nodes for binding in _bindings(node)]
        while self._changed_by(bindings):
            pass

    def _changed_by(self, bindings: Iterable["_Binding"]) -> bool:
        before = dict(self._names)
        for name, value, item in bindings:
            kind = self._bound(value, item)
            known = self._names.get(name)
            if kind is not None:
                self._names[name] = kind if known in (None, kind) else OTHER
        return self._names != before

    def _bound(self, value: ast.expr | str, item: bool) -> str | None:
        kind = value if isinstance(value, str) else self.of(value)
        return _item(kind) if item else kind

    def of(self, node: ast.expr) -> str | None:
        """Return the kind of an expression."""
        match node:
            case ast.Name(id=name):
                return self._names.get(name) if name in self._own else OTHER
            case ast.Call():
                return self._of_call(node)
            case ast.Subscript(value=value, slice=index):
                kind = self.of(value)
                return kind if isinstance(index, ast.Slice) and kind == PATCHES else _item(kind)
            case ast.ListComp(elt=one) | ast.GeneratorExp(elt=one) | ast.SetComp(elt=one):
                return _list_of([self.of(one)])
            case ast.List(elts=items) | ast.Tuple(elts=items) if items:
                return _list_of([self.of(item) for item in items])
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return _common([self.of(left), self.of(right)])
            case ast.IfExp(body=body, orelse=other):
                return _common([self.of(body), self.of(other)])
            case ast.NamedExpr(value=value):
                return self.of(value)
        return OTHER

    def _of_call(self, call: ast.Call) -> str | None:
        match call:
            case ast.Call(func=ast.Attribute(value=owner, attr=method)):
                kind = self.of(owner)
                return self._given_by(method) if kind == PATCH else kind and OTHER
            case ast.Call(func=ast.Name(id="ImagePatch"), args=[_]) if "ImagePatch" not in self._own:
                return PATCH
            case ast.Call(func=ast.Name(id="filter"), args=[_, values]) if "filter" not in self._own:
                return self._items_of(values)
            case ast.Call(func=ast.Name(id=name), args=[values]) if name in _SAME_ITEMS - self._own:
                return self._items_of(values)
            case ast.Call(func=ast.Name(id=name), args=[values]) if name in _ONE_ITEM - self._own:
                default = any(keyword.arg == "default" for keyword in call.keywords)
                return OTHER if default else _item(self.of(values))
        return OTHER

    def _items_of(self, values: ast.expr) -> str | None:
        kind = self.of(values)
        return kind if kind in (PATCHES, None) else OTHER

    def _given_by(self, method: str) -> str:
        if method == "crop":
            return PATCH
        return PATCHES if method in self._methods and self._methods[method].returns_patches else OTHER


_Binding = tuple[
    str, ast.expr | str, bool
]  # a name, the value or kind it is given, whether only an item of it


def _bindings(node: ast.AST) -> Iterator[_Binding]:
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _given(target, value, item=False)
        case ast.AugAssign(target=target, value=value) | ast.NamedExpr(target=target, value=value):
            yield from _given(target, value, item=False)
        case ast.For(target=target, iter=values) | ast.comprehension(target=target, iter=values):
            yield from _given(target, values, item=True)
        case ast.FunctionDef(name=name, args=args):
            yield name, OTHER, False
            for position, arg in enumerate(_parameters(args)):
                yield arg.arg, PATCH if name == ENTRY and position == 0 else OTHER, False
        case ast.Lambda(args=args):
            yield from ((arg.arg, OTHER, False) for arg in _parameters(args))
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name, OTHER, False


def _parameters(args: ast.arguments) -> list[ast.arg]:
    more = [arg for arg in (args.vararg, args.kwarg) if arg is not None]
    return [*args.posonlyargs, *args.args, *args.kwonlyargs, *more]


def _given(target: ast.expr, value: ast.expr, *, item: bool) -> Iterator[_Binding]:
    """Yield what a target's names are given by a value, or with `item` by each of its items."""
    match target, value:
        case ast.Name(id=name), _:
            yield name, value, item
        case ast.Tuple(elts=names), ast.Tuple(elts=values) if not item and len(names) == len(values):
            for one, its in zip(names, values, strict=True):
                yield from _given(one, its, item=False)
        case ast.Tuple(elts=[first, second]), ast.Call(func=ast.Name(id="enumerate"), args=[values]) if item:
            yield from _unknown(first)
            yield from _given(second, values, item=True)
        case ast.Tuple(elts=names) | ast.List(elts=names), _ if not item:
            for one in names:
                yield from _given(one, value, item=True) if isinstance(one, ast.Name) else _unknown(one)
        case _:
            yield from _unknown(target)


def _unknown(target: ast.expr) -> Iterator[_Binding]:
    yield from ((node.id, OTHER, False) for node in ast.walk(target) if isinstance(node, ast.Name))


def _item(kind: str | None) -> str | None:
    return {PATCHES: PATCH, None: None}.get(kind, OTHER)


def _list_of(kinds: list[str | None]) -> str | None:
    kind = _common(kinds)
    return {PATCH: PATCHES, None: None}.get(kind, OTHER)


def _common(kinds: list[str | None]) -> str | None:
    """Return the kind that all have, OTHER if they differ, None if one is not known yet."""
    if None in kinds:
        return None
    return kinds[0] if len(set(kinds)) == 1 else OTHER
