"""Rewrite a canonical program so that a run records its steps; what it computes stays the same.

    x = e          a value event for x afterwards; also for x += e, x := e and loop variables
    if/while e     a branch event with the truth of e; also for conditional expressions, comprehension
                   filters, and every comparison, `and`, `or` and `not` that comes out as a bool
    return e       a return event, in the entry function
    p.find(e)      the call's line, for the tool event
    xs.sort(...)   the prelude's version, whose key may call tools
    any(... for)   a loop that stops as early as Python's; also for all() and next()
    key=d.get      a lambda: the sandbox knows methods of its own types only in calls

An event carries the number of its `Site`, so the sandbox never sees lines or source text.
"""

import ast
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from vpd.execution.identity import bound_names
from vpd.execution.image_patch import TOOL_METHODS
from vpd.execution.lazy import early_exit
from vpd.execution.program import ENTRY, Program, ProgramProblem, canonical
from vpd.execution.trace import Kind

LINED_METHODS = frozenset(TOOL_METHODS) | {"crop"}
BOUND_METHODS = frozenset({"append", "count", "get", "index", "lower", "strip", "upper"})
_HasTest = TypeVar("_HasTest", ast.If, ast.While, ast.IfExp, ast.Assert)


@dataclass(frozen=True, slots=True)
class Site:
    """A place in the canonical program that records events of one kind."""

    line: int
    kind: Kind
    name: str


@dataclass(frozen=True)
class Instrumented:
    """A program ready to run: its text, its sites by number, and the canonical line of each of its lines."""

    program: Program
    code: str
    sites: tuple[Site, ...]
    lines: dict[int, int] = field(repr=False)


@lru_cache(maxsize=4096)
def instrument(source: str) -> Instrumented | ProgramProblem:
    """Return the instrumented form of a program, or why the source is no program."""
    program = canonical(source)
    if isinstance(program, ProgramProblem):
        return program
    tree = ast.parse(program.source)
    rewrite = _Rewrite(bound_names(tree))
    tree = ast.fix_missing_locations(rewrite.visit(tree))
    code = ast.unparse(tree)
    before = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    after = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.stmt)]
    lines = {new.lineno: old.lineno for old, new in zip(before, after, strict=True)}
    return Instrumented(program, code, tuple(rewrite.sites), lines)


class _Rewrite(ast.NodeTransformer):
    def __init__(self, own_names: set[str]) -> None:
        self.sites: list[Site] = []
        self._own_names = own_names
        self._functions: list[str] = []

    def _site(self, node: ast.stmt | ast.expr, kind: Kind, name: str) -> ast.expr:
        self.sites.append(Site(node.lineno, kind, name))
        return ast.Constant(len(self.sites) - 1)

    def _record(self, node: ast.stmt, target: ast.expr) -> list[ast.stmt]:
        """Return the statements that record the variables just bound by `node`."""
        names = [n for n in ast.walk(target) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        calls = [
            _call("_vpd_value", self._site(node, "value", n.id), ast.Name(n.id, ast.Load())) for n in names
        ]
        return [ast.copy_location(ast.Expr(call), node) for call in calls]

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self._functions.append(node.name)
        self.generic_visit(node)
        self._functions.pop()
        return node

    def visit_Assign(self, node: ast.Assign) -> list[ast.stmt]:
        self.generic_visit(node)
        return [node, *(event for target in node.targets for event in self._record(node, target))]

    def visit_AugAssign(self, node: ast.AugAssign) -> list[ast.stmt]:
        self.generic_visit(node)
        return [node, *self._record(node, node.target)]

    def visit_For(self, node: ast.For) -> ast.For:
        events = self._record(node, node.target)
        self.generic_visit(node)
        node.body = [*events, *node.body]
        return node

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.NamedExpr:
        self.generic_visit(node)
        node.value = _call("_vpd_value", self._site(node, "value", node.target.id), node.value)
        return node

    def visit_Return(self, node: ast.Return) -> ast.Return:
        name = ast.unparse(node.value) if node.value is not None else "None"
        self.generic_visit(node)
        if node.value is not None and self._functions == [ENTRY]:
            node.value = _call("_vpd_value", self._site(node, "return", name), node.value)
        return node

    def _tested(self, test: ast.expr) -> ast.expr:
        """Return a test, its own recorder turned into one that takes the truth of any value."""
        name = ast.unparse(test)
        if _is_boolean(test):
            self.generic_visit(test)
            return _call("_vpd_test", self._site(test, "branch", name), test)
        return _call("_vpd_test", self._site(test, "branch", name), self.visit(test))

    def _with_test(self, node: _HasTest) -> _HasTest:
        tested = self._tested(node.test)
        node.test = ast.Constant(True)
        self.generic_visit(node)
        node.test = tested
        return node

    def visit_If(self, node: ast.If) -> ast.If:
        return self._with_test(node)

    def visit_While(self, node: ast.While) -> ast.While:
        return self._with_test(node)

    def visit_IfExp(self, node: ast.IfExp) -> ast.IfExp:
        return self._with_test(node)

    def visit_Assert(self, node: ast.Assert) -> ast.Assert:
        return self._with_test(node)

    def visit_comprehension(self, node: ast.comprehension) -> ast.comprehension:
        node.target, node.iter = self.visit(node.target), self.visit(node.iter)
        node.ifs = [self._tested(test) for test in node.ifs]
        return node

    def _boolean(self, node: ast.expr) -> ast.expr:
        name = ast.unparse(node)
        self.generic_visit(node)
        return _call("_vpd_bool", self._site(node, "branch", name), node)

    visit_Compare = visit_BoolOp = _boolean

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        return self._boolean(node) if _is_boolean(node) else self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if isinstance(node.func, ast.Name) and node.func.id not in self._own_names:
            node = early_exit(node) or node
        method = node.func if isinstance(node.func, ast.Attribute) else None
        if method is None:
            self.generic_visit(node)
            return node
        method.value = self.visit(method.value)
        node.args = [self.visit(arg) for arg in node.args]
        node.keywords = [self.visit(keyword) for keyword in node.keywords]
        if method.attr == "sort":
            sort = ast.Call(_name("_vpd_sort"), [method.value, *node.args], node.keywords)
            return ast.copy_location(sort, node)
        if method.attr in LINED_METHODS:
            node.keywords.append(ast.keyword(None, _call("_vpd_at", ast.Constant(node.lineno))))
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        bound = node.attr in BOUND_METHODS and isinstance(node.ctx, ast.Load)
        return _bound(node) if bound else node


def _bound(method: ast.Attribute) -> ast.expr:
    """Return a lambda that calls `owner.method`, for a method that is read and not called."""
    code = f"(lambda _vpd_owner: lambda *_vpd_args: _vpd_owner.{method.attr}(*_vpd_args))(0)"
    call = ast.parse(code, mode="eval").body
    assert isinstance(call, ast.Call)
    call.args = [method.value]
    return call


def _is_boolean(node: ast.expr) -> bool:
    negation = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    return negation or isinstance(node, ast.Compare | ast.BoolOp)


def _name(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def _call(function: str, *args: ast.expr) -> ast.Call:
    call = ast.Call(_name(function), list(args), [])
    return ast.copy_location(call, args[-1])
