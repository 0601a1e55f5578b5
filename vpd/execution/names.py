"""Names that a program contains: the words of a table, and what the program binds itself."""

import ast
from collections.abc import Iterable


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


def bound_names(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names that a program assigns, takes as parameters or defines as functions."""
    bound: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.FunctionDef):
            bound.add(node.name)
    return bound
