"""Parsing, one thread at a time: CPython 3.11 raises SystemError when two threads build trees at once."""

import ast
import threading

_ONE_AT_A_TIME = threading.Lock()


def parse(code: str) -> ast.Module:
    """Return the syntax tree of code. Raises as `ast.parse` does."""
    with _ONE_AT_A_TIME:
        return ast.parse(code)
