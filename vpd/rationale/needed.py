"""Which lines of a program its answer does not depend on, so that a rationale can leave them out.

A static backward walk from the executed return and tests over assignments. It never drops a line that
matters, but may keep one that does not; full slicing over the data flow of a trace is not done here.
"""

import ast
from collections.abc import Collection

from vpd.rationale.syntax import names_in


def idle_lines(tree: ast.Module, executed: Collection[int]) -> set[int]:
    """Return the lines of assignments and bare calls whose results are never used.

    `executed` holds the lines whose return or test was reached; names in others count for nothing.
    """
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    needed = _loop_names(statements)
    needed |= set().union(*(names_in(_seed(s)) for s in statements if s.lineno in executed))
    while True:
        used = set().union(*(names_in(s) for s in statements if _target_names(s) & needed))
        if used <= needed:
            break
        needed |= used
    plain = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr)
    return {s.lineno for s in statements if isinstance(s, plain) and not _target_names(s) & needed}


def _seed(statement: ast.stmt) -> ast.AST | None:
    """Return the expression of a return or test."""
    if isinstance(statement, ast.Return):
        return statement.value
    return statement.test if isinstance(statement, ast.If | ast.While | ast.Assert) else None


def _loop_names(statements: list[ast.stmt]) -> set[str]:
    """Return the names that loops run over: what happens in a loop may depend on them."""
    return set().union(*(names_in(s.iter) for s in statements if isinstance(s, ast.For)))


def _target_names(statement: ast.stmt) -> set[str]:
    """Return the names that a statement sets or changes: `x = ...`, `x[0] = ...`, `x.append(...)`."""
    if isinstance(statement, ast.Assign):
        return set().union(*(names_in(t) for t in statement.targets))
    if isinstance(statement, ast.AugAssign | ast.AnnAssign | ast.For):
        return names_in(statement.target)
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        method = statement.value.func
        return names_in(method.value) if isinstance(method, ast.Attribute) else set()
    return set()
