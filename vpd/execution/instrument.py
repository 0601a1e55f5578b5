"""Rewrite a canonical program so that a run records its steps; what it computes stays the same.

    x = e          a value event for x afterwards; also for x += e, x := e and loop variables
    if/while e     a branch event with the truth of e; also for conditional expressions, comprehension
                   filters, and every comparison, `and`, `or` and `not` that comes out as a bool
    return e       a return event, in the entry function
    p.find(e)      the call's line, for the tool event
    xs.sort(...)   the prelude's version, whose key may call tools
    map, filter    iterators that do not run ahead (`vpd.execution.lazy`), as generator expressions must not
    key=d.get      a lambda: the sandbox knows methods of its own types only in calls; also str.lower
    except         never of what only the sandbox raises

An event carries the number of its `Site`, so the sandbox never sees lines or source text.
"""

import ast
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

from vpd.execution.lazy import NotLazy, make_lazy
from vpd.execution.names import bound_names
from vpd.execution.policy import RUNTIME_PREFIX
from vpd.execution.program import ENTRY, MAX_CHARACTERS, PARSE_ERRORS, Parsed, ProgramProblem, parsed_program
from vpd.execution.source_text import SourceTexts
from vpd.execution.syntax import parse
from vpd.execution.trace import Kind
from vpd.execution.wording import wording
from vpd.tools.methods import IMAGE_PATCH

ASKING = frozenset(IMAGE_PATCH)
METHODS = frozenset(m for kind in (str, list, dict, set) for m in dir(kind) if not m.startswith("_"))
_KINDS = frozenset({"str", "list", "dict", "set", "tuple", "int", "float"})
_OF_KINDS = frozenset({"fromkeys", "maketrans", "from_bytes", "fromhex"})  # these need no instance
_HasTest = TypeVar("_HasTest", ast.If, ast.While, ast.IfExp, ast.Assert)


@dataclass(frozen=True, slots=True)
class Site:
    """A place in the canonical program that records events of one kind."""

    line: int
    kind: Kind
    name: str


@dataclass(frozen=True)
class Instrumented:
    """A program ready to run: its canonical text, the rewritten text, and its sites by number."""

    source: str
    code: str
    sites: tuple[Site, ...]
    asking: frozenset[str]

    def canonical_line(self, line: int) -> int | None:
        """Return the line of the canonical program that a line of `code` comes from, if that can be told."""
        try:
            after = _statements(parse(self.code))
        except PARSE_ERRORS:  # calls around calls: `code` is nested deeper than the program
            return None
        before = _statements(_rewritten(Parsed(self.source, parse(self.source)), self.asking)[0])
        return {new.lineno: old.lineno for old, new in zip(before, after, strict=True)}.get(line)


@lru_cache(maxsize=4096)
def instrument(source: str, asking: frozenset[str] = ASKING) -> Instrumented | ProgramProblem:
    """Return the instrumented form of a program, or why the source is no program.

    `asking` holds the names of the methods that ask a tool.
    """
    words = wording(source)
    if not words.texts or len(source) > MAX_CHARACTERS:
        return instrument_alone(source, asking)
    shape = _instrument_shape(words.shape, asking)
    if isinstance(shape, ProgramProblem):  # which may quote the source
        return instrument_alone(source, asking)
    sites = tuple(replace(site, name=words.put_back(site.name)) for site in shape.sites)
    return Instrumented(words.put_back(shape.source), words.put_back(shape.code), sites, asking)


def instrument_alone(source: str, asking: frozenset[str] = ASKING) -> Instrumented | ProgramProblem:
    """Do what `instrument` does without sharing anything between programs."""
    program = parsed_program(source)
    if isinstance(program, ProgramProblem):
        return program
    try:
        tree, sites = _rewritten(program, asking)
        return Instrumented(program.source, ast.unparse(tree), sites, asking)
    except NotLazy as error:
        what, line = error.args
        return ProgramProblem("unsupported", f"{what} is not supported", line)
    except (RecursionError, MemoryError):
        return ProgramProblem("syntax", "the code is nested too deeply")


_instrument_shape = lru_cache(maxsize=4096)(instrument_alone)


def _rewritten(program: Parsed, asking: frozenset[str]) -> tuple[ast.Module, tuple[Site, ...]]:
    tree = program.tree
    nodes = list(ast.walk(tree))
    texts = SourceTexts(program.source, nodes)
    own_names = bound_names(nodes)
    tree = make_lazy(tree, nodes, own_names)
    own_names |= {n.attr for n in nodes if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)}
    rewrite = _Rewrite(texts, own_names, asking | {"crop"})
    return rewrite.visit(tree), tuple(rewrite.sites)


def _statements(tree: ast.Module) -> list[ast.stmt]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]


class _Rewrite(ast.NodeTransformer):
    def __init__(self, texts: SourceTexts, own_names: set[str], lined: frozenset[str]) -> None:
        self.sites: list[Site] = []
        self._text = texts.of
        self._own_names = own_names
        self._lined = lined
        self._functions: list[str] = []

    def _site(self, node: ast.stmt | ast.expr, kind: Kind, name: str) -> ast.expr:
        self.sites.append(Site(node.lineno, kind, name))
        return ast.Constant(len(self.sites) - 1)

    def _record(self, node: ast.stmt, target: ast.expr) -> list[ast.stmt]:
        """Return the statements that record the variables just bound by `node`."""
        names = [n for n in ast.walk(target) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        names = [n for n in names if not n.id.startswith(RUNTIME_PREFIX)]
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
        name = self._text(node.value) if node.value is not None else "None"
        self.generic_visit(node)
        if node.value is not None and self._functions == [ENTRY]:
            node.value = _call("_vpd_value", self._site(node, "return", name), node.value)
        return node

    def _tested(self, test: ast.expr) -> ast.expr:
        """Return a test, its own recorder turned into one that takes the truth of any value."""
        name = self._text(test)
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
        test = node.test.left if isinstance(node.test, ast.Compare) else None
        if isinstance(test, ast.NamedExpr) and test.target.id.startswith(RUNTIME_PREFIX):
            return self._lazy_loop(node)
        return self._with_test(node)

    def _lazy_loop(self, node: ast.While) -> ast.While:
        """Return a loop that was a `for` loop: its test is none of the program's."""
        test, node.test = node.test, ast.Constant(True)
        self.generic_visit(node)
        node.test = test
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.IfExp:
        return self._with_test(node)

    def visit_Assert(self, node: ast.Assert) -> ast.Assert:
        return self._with_test(node)

    def visit_comprehension(self, node: ast.comprehension) -> ast.comprehension:
        node.target, node.iter = self.visit(node.target), self.visit(node.iter)
        node.ifs = [self._tested(test) for test in node.ifs]
        return node

    def _boolean(self, node: ast.expr) -> ast.expr:
        name = self._text(node)
        self.generic_visit(node)
        return _call("_vpd_bool", self._site(node, "branch", name), node)

    visit_Compare = visit_BoolOp = _boolean

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        return self._boolean(node) if _is_boolean(node) else self.generic_visit(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.ExceptHandler:
        self.generic_visit(node)
        node.name = node.name or "_vpd_error"
        node.type = node.type or _name("BaseException")
        caught = ast.Call(_name("_vpd_caught"), [_name(node.name)], [])
        node.body.insert(0, ast.copy_location(ast.Expr(caught), node.body[0]))
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        method = node.func
        if not isinstance(method, ast.Attribute) or self._of_kind(method):
            self.generic_visit(node)
            return node
        method.value = self.visit(method.value)
        node.args = [self.visit(arg) for arg in node.args]
        node.keywords = [self.visit(keyword) for keyword in node.keywords]
        if method.attr == "sort":
            sort = ast.Call(_name("_vpd_sort"), [method.value, *node.args], node.keywords)
            return ast.copy_location(sort, node)
        if method.attr in self._lined:
            node.keywords.append(ast.keyword(None, _call("_vpd_at", ast.Constant(node.lineno))))
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if self._of_kind(node):
            return _parsed(f"lambda _vpd_owner, *_vpd_args: _vpd_owner.{node.attr}(*_vpd_args)", node)
        self.generic_visit(node)
        bound = isinstance(node.ctx, ast.Load) and node.attr in METHODS - self._lined - self._own_names
        if not bound:
            return node
        code = f"(lambda _vpd_owner: lambda *_vpd_args: _vpd_owner.{node.attr}(*_vpd_args))(0)"
        call = _parsed(code, node)
        assert isinstance(call, ast.Call)
        call.args = [node.value]
        return call

    def _of_kind(self, node: ast.Attribute) -> bool:
        """Tell whether this is a method read from its type, as in `str.lower`."""
        kind = node.value.id if isinstance(node.value, ast.Name) else ""
        return kind in _KINDS - self._own_names and node.attr not in _OF_KINDS


def _parsed(code: str, place: ast.expr) -> ast.expr:
    """Return new code in the place of an expression."""
    [statement] = parse(code).body
    assert isinstance(statement, ast.Expr)
    body = statement.value
    for node in ast.walk(body):
        if isinstance(node, ast.expr | ast.arg):
            ast.copy_location(node, place)
    return body


def _is_boolean(node: ast.expr) -> bool:
    negation = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    return negation or isinstance(node, ast.Compare | ast.BoolOp)


def _name(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def _call(function: str, *args: ast.expr) -> ast.Call:
    call = ast.Call(_name(function), list(args), [])
    return ast.copy_location(call, args[-1])
