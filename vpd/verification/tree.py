"""The syntax tree of a candidate's program, as verification reads it."""

import ast

from vpd.execution.syntax import parse


def tree_of(source: str) -> ast.Module:
    """Return the tree of a program; an empty one of a text that is no Python here, whose run is judged alone.

    Such a text is from a newer Python, or was changed since it ran.
    """
    try:
        return parse(source)
    except SyntaxError:
        return ast.Module([], [])
