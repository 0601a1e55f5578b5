"""Loops and functions that cannot come to an end, as far as the text alone shows it.

Said is only what holds whatever the picture: a `while` whose test nothing in its body can change and that
nothing leaves, and a function that calls itself on every path. Other endless programs reach a limit in the
rehearsal (`vpd.review.rehearsal`).
"""

import ast
from collections.abc import Iterator

from vpd.review.static import Fault

_PURE = frozenset({"len", "abs", "min", "max", "sum", "any", "all", "bool", "int", "float", "str"})
_LEAVING = (ast.Return, ast.Raise, ast.Assert)
_BRANCHES = (
    ast.If, ast.IfExp, ast.While, ast.For, ast.BoolOp, ast.Try, ast.Match, ast.comprehension, ast.Raise,
)  # fmt: skip


def first_endless(tree: ast.Module) -> Fault | None:
    """Return the first loop or function that cannot end."""
    caught = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.Try) for inner in ast.walk(node)}
    faults = [fault for node in ast.walk(tree) if id(node) not in caught for fault in _faults(node)]
    return min(faults, key=lambda fault: fault.line, default=None)


def _faults(node: ast.AST) -> Iterator[Fault]:
    if isinstance(node, ast.While) and not _can_leave(node) and not _can_change(node):
        yield Fault(
            "this loop never ends: nothing in it changes its condition, and nothing leaves it", node.lineno
        )
    if isinstance(node, ast.FunctionDef) and _always_calls_itself(node):
        yield Fault(f"{node.name} calls itself without end", node.lineno)


def _can_leave(loop: ast.While) -> bool:
    inside = [inner for statement in loop.body for inner in ast.walk(statement)]
    return any(isinstance(inner, _LEAVING) for inner in inside) or any(map(_breaks, loop.body))


def _breaks(statement: ast.AST) -> bool:
    """Tell whether a statement holds a `break` that is not an inner loop's."""
    if isinstance(statement, ast.For | ast.While):
        return any(map(_breaks, statement.orelse))
    return isinstance(statement, ast.Break) or any(map(_breaks, ast.iter_child_nodes(statement)))


def _can_change(loop: ast.While) -> bool:
    """Tell whether the test may come out false at last, by its own work or the body's."""
    test = list(ast.walk(loop.test))
    called = {id(node.func) for node in test if isinstance(node, ast.Call)}
    functions = [node for node in test if id(node) in called]
    names = {node.id for node in test if isinstance(node, ast.Name) and id(node) not in called}
    if not names:
        return bool(functions) or not _is_true(loop.test)
    if any(isinstance(node, ast.NamedExpr) for node in test):
        return True
    if any(not isinstance(node, ast.Name) or node.id not in _PURE for node in functions):
        return True
    return any(_may_change(inner, names) for statement in loop.body for inner in ast.walk(statement))


def _is_true(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and bool(test.value)


def _may_change(node: ast.AST, names: set[str]) -> bool:
    """Tell whether a node binds one of the names, or may change what it holds."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()):
            return name in names
        case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
            return True
        case ast.Call(func=ast.Name(id=function)):
            return function not in _PURE
        case ast.Call():
            return True
    return False


def _always_calls_itself(function: ast.FunctionDef) -> bool:
    inside = list(ast.walk(function))
    calls = (node.func for node in inside if isinstance(node, ast.Call))
    recursive = any(isinstance(called, ast.Name) and called.id == function.name for called in calls)
    nested = sum(isinstance(node, ast.FunctionDef | ast.Lambda) for node in inside) > 1
    return recursive and not nested and not any(isinstance(node, _BRANCHES) for node in inside)
