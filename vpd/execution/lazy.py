"""Iterators that must not run ahead: rewrite what the sandbox would evaluate at once, or could not evaluate.

The sandbox turns a generator expression into a list at once, and cannot wait for a tool while one of its own
loops or builtins takes the next item from an iterator. Python does neither. A program in which that could
show, one with `map`, `filter` or a generator expression that is not used up on the spot, is rewritten onto
the iterators of the prelude, which call tools when, and only when, an item is asked for:

    (e for x in xs if c)    _vpd_generator(xs, lambda i: [e for x in [i] if c])
    [e for x in it]         _vpd_list_of(the same)
    for x in it: ...        i = iter(it)
                            while (item := next(i, _vpd_end)) is not _vpd_end: x = item; ...
    list(it), f(*it)        list(_vpd_drain(it)), f(*_vpd_drain(it))

Refused as unsupported: `:=` and a lambda as the element in such a generator expression, since names there are
the function's own. An iterator that calls tools and reaches a builtin other than those below ends in the
sandbox's own "cannot suspend", which is `unsupported` as well, and which no program can catch.
"""

import ast
from collections.abc import Iterable
from typing import TypeVar

from vpd.execution.names import words

AT_ONCE = words("list tuple set frozenset dict sum sorted min max Counter deque prod fsum join extend update")
_PLAIN_CALLS = AT_ONCE | words("range len find keys values items split str")
_PLAIN = (ast.Constant, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.ListComp, ast.SetComp, ast.DictComp)
_Node = TypeVar("_Node", bound=ast.AST)
Comprehension = ast.GeneratorExp | ast.ListComp | ast.SetComp | ast.DictComp


class NotLazy(Exception):
    """A generator expression cannot be rewritten; the arguments are the construct and its line."""


def make_lazy(tree: ast.Module, nodes: Iterable[ast.AST], own_names: set[str]) -> ast.Module:
    """Return the tree (of these nodes) with its iterators made lazy where that can show. Raises NotLazy."""
    lazy = _Lazy(own_names)
    shows = False
    for node in nodes:
        if isinstance(node, ast.Call) and lazy.takes_all(node):
            lazy.used_up.update(id(arg) for arg in node.args)
        elif isinstance(node, ast.GeneratorExp):
            shows = shows or id(node) not in lazy.used_up
        elif isinstance(node, ast.Name) and node.id not in own_names:
            shows = shows or node.id in ("map", "filter")
    if not shows:
        return tree
    rewritten = lazy.visit(tree)
    assert isinstance(rewritten, ast.Module)
    return rewritten


class _Lazy(ast.NodeTransformer):
    def __init__(self, own_names: set[str]) -> None:
        self.used_up: set[int] = set()
        self._own_names = own_names
        self._loops = 0

    def takes_all(self, call: ast.Call) -> bool:
        """Tell whether a call uses up its arguments before it does anything else that could show."""
        if isinstance(call.func, ast.Attribute):
            return call.func.attr in AT_ONCE
        return isinstance(call.func, ast.Name) and call.func.id in AT_ONCE - self._own_names

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.expr:
        if id(node) in self.used_up:
            return self._comprehension(node, node.elt, "_vpd_list_of")
        if _binds(node) or isinstance(node.elt, ast.Lambda):
            what = "':='" if _binds(node) else "a lambda as the element"
            raise NotLazy(f"{what} in a generator expression", node.lineno)
        return self._generator(node, node.elt)

    def visit_ListComp(self, node: ast.ListComp) -> ast.expr:
        return self._comprehension(node, node.elt, "_vpd_list_of")

    def visit_SetComp(self, node: ast.SetComp) -> ast.expr:
        return self._comprehension(node, node.elt, "_vpd_set_of")

    def visit_DictComp(self, node: ast.DictComp) -> ast.expr:
        pair = _at(ast.Tuple([node.key, node.value], ast.Load()), node.key)
        return self._comprehension(node, pair, "_vpd_dict_of")

    def visit_Call(self, node: ast.Call) -> ast.expr:
        takes_all = self.takes_all(node)
        self.generic_visit(node)
        if takes_all:
            node.args = [self._drained(arg) for arg in node.args]
        return node

    def visit_Starred(self, node: ast.Starred) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.ctx, ast.Load):
            node.value = self._drained(node.value)
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        self.generic_visit(node)
        if isinstance(node.targets[0], ast.Tuple | ast.List):
            names = node.targets[0].elts
            several = any(isinstance(name, ast.Starred) for name in names)
            node.value = self._drained(node.value, *([] if several else [ast.Constant(len(names) + 1)]))
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        self.generic_visit(node)
        node.value = self._drained(node.value)
        return node

    def visit_For(self, node: ast.For) -> ast.stmt | list[ast.stmt]:
        self.generic_visit(node)
        if not self._may_be_lazy(node.iter):
            return node
        self._loops += 1
        iterator, item = f"_vpd_iterator{self._loops}", f"_vpd_item{self._loops}"
        begin = ast.Assign([ast.Name(iterator, ast.Store())], _call("_vpd_iter", node.iter))
        taken = _call("_vpd_next", _load(iterator), _load("_vpd_end"))
        step = ast.NamedExpr(ast.Name(item, ast.Store()), taken)
        test = ast.Compare(step, [ast.IsNot()], [_load("_vpd_end")])
        bind = _at(ast.Assign([node.target], _load(item)), node)
        loop = ast.While(test, [bind, *node.body], node.orelse)
        return [_at(begin, node), _at(loop, node)]

    def _comprehension(self, node: Comprehension, element: ast.expr, collect: str) -> ast.expr:
        """Return a comprehension as it is, or if it may loop over a lazy iterator, as one itself."""
        plain = not any(self._may_be_lazy(clause.iter) for clause in node.generators)
        if plain or _binds(node) or isinstance(element, ast.Lambda):
            return self.generic_visit(node)  # type: ignore[return-value]
        return _at(_call(collect, self._generator(node, element)), node)

    def _generator(self, node: Comprehension, element: ast.expr) -> ast.expr:
        element = self.visit(element)
        for last, clause in enumerate(reversed(node.generators)):
            one = ast.List([_load("_vpd_item")], ast.Load())
            tests = [self.visit(test) for test in clause.ifs]
            step = ast.ListComp(element, [ast.comprehension(clause.target, one, tests, 0)])
            item = ast.arguments([], [ast.arg("_vpd_item")], None, [], [], None, [])
            element = _call("_vpd_generator", self.visit(clause.iter), ast.Lambda(item, step))
            element = _call("_vpd_flat", element) if last else element
        return _at(element, node)

    def _drained(self, value: ast.expr, *most: ast.expr) -> ast.expr:
        return _at(_call("_vpd_drain", value, *most), value) if self._may_be_lazy(value) else value

    def _may_be_lazy(self, value: ast.expr) -> bool:
        if not isinstance(value, ast.Call):
            return not isinstance(value, _PLAIN)
        if isinstance(value.func, ast.Attribute):
            return value.func.attr not in _PLAIN_CALLS
        if not isinstance(value.func, ast.Name):
            return True
        return value.func.id not in _PLAIN_CALLS - self._own_names and value.func.id != "_vpd_list_of"


def _binds(node: ast.AST) -> bool:
    return any(isinstance(inner, ast.NamedExpr) for inner in ast.walk(node))


def _load(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def _call(function: str, *args: ast.expr) -> ast.Call:
    return ast.Call(_load(function), list(args), [])


def _at(node: _Node, place: ast.expr | ast.stmt) -> _Node:
    """Give every new node the place of an old one; a canonical statement is on one line."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.expr | ast.stmt | ast.arg) and not hasattr(inner, "lineno"):
            ast.copy_location(inner, place)
    return node
