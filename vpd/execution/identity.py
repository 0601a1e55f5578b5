"""Programs that differ only in the names of their variables are one program.

Every name that the program binds itself is replaced by its rank of first appearance. Left alone are names
whose replacement could change what the program means: builtins and API names, names used as keywords, and
names declared `global` or `nonlocal`. So equal texts mean equal programs; some equal programs may differ.
"""

import ast
import builtins
from collections.abc import Iterable

from vpd.execution.names import bound_names

_KNOWN = frozenset(dir(builtins)) | {"ImagePatch", "bool_to_yesno", "execute_command"}


def normalised_text(tree: ast.Module) -> str:
    """Return the program's text with its own names replaced by v0, v1, ...; the tree is changed."""
    nodes = list(ast.walk(tree))
    rename = _Rename(bound_names(nodes) - _fixed_names(nodes) - _KNOWN)
    return ast.unparse(rename.visit(tree))


def _fixed_names(nodes: Iterable[ast.AST]) -> set[str]:
    fixed: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Global | ast.Nonlocal):
            fixed.update(node.names)
        elif isinstance(node, ast.keyword) and node.arg:
            fixed.add(node.arg)
        elif isinstance(node, ast.alias):
            fixed.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            fixed.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            fixed.add(node.rest)
        elif isinstance(node, ast.Name) and node.id.startswith("v") and node.id[1:].isdigit():
            fixed.add(node.id)
    return fixed


class _Rename(ast.NodeTransformer):
    def __init__(self, names: set[str]) -> None:
        self.names = names
        self.ranks: dict[str, str] = {}

    def _new(self, name: str) -> str:
        if name not in self.names:
            return name
        return self.ranks.setdefault(name, f"v{len(self.ranks)}")

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self._new(node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(self._new(node.arg))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = self._new(node.name)
        return self.generic_visit(node)
