"""The source text of expressions, as events name them; sliced from the canonical text where possible."""

import ast
from collections.abc import Iterable

_TESTS = (ast.Compare, ast.BoolOp, ast.UnaryOp)


class SourceTexts:
    """The texts of a program's expressions. Ask before and after the tree is rewritten: places stay."""

    def __init__(self, source: str, nodes: Iterable[ast.AST]) -> None:
        self._lines = [line.encode() for line in source.split("\n")]
        self._in_fstrings: dict[int, str] = {}
        for node in nodes:
            if isinstance(node, ast.JoinedStr):  # Python 3.11 misplaces what stands in an f-string
                self._keep(node)

    def of(self, node: ast.expr) -> str:
        """Return the text of an expression of the program."""
        kept = self._in_fstrings.get(id(node))
        if kept is not None:
            return kept
        if node.lineno != node.end_lineno or isinstance(node, ast.NamedExpr):
            return ast.unparse(node)
        return self._lines[node.lineno - 1][node.col_offset : node.end_col_offset].decode()

    def _keep(self, fstring: ast.JoinedStr) -> None:
        for node in ast.walk(fstring):
            tests: list[ast.expr] = [node] if isinstance(node, _TESTS) else []
            tests += [node.test] if isinstance(node, ast.IfExp) else []
            tests += node.ifs if isinstance(node, ast.comprehension) else []
            self._in_fstrings.update((id(test), ast.unparse(test)) for test in tests)
