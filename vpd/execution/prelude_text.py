"""The prelude as the sandbox is given it: shorter, and out of reach of a program's own names.

A program may define a function `list` or a variable `str`; the runtime must go on to mean Python's. So the
runtime reads every public name, builtin or its own, under a second name that no program can write. Docstrings
and annotations are left out: every session loads the prelude's state anew.
"""

import ast
import builtins
from collections.abc import Iterable
from pathlib import Path

from vpd.execution.syntax import parse
from vpd.tools.methods import Method


def prelude_text(methods: Iterable[Method]) -> str:
    """Return the text of `vpd.execution.prelude`, with methods that ask tools, as sessions run it."""
    tree = parse(Path(__file__).with_name("prelude.py").read_text())
    [patch] = [n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "ImagePatch"]
    patch.body += [node for method in methods for node in parse(_asking(method)).body]
    offered = {n.name for n in tree.body if isinstance(n, _DEFINITION) and not n.name.startswith("_")}
    local = {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    own = _Own((set(dir(builtins)) | offered) - local)
    body: list[ast.stmt] = []
    for node in own.visit(_Bare().visit(tree)).body:
        body.append(node)
        if isinstance(node, _DEFINITION) and node.name in offered:
            body.append(_second_name(node.name))
    first = [_second_name(name) for name in sorted(own.read - offered)]
    return ast.unparse(ast.fix_missing_locations(ast.Module([*first, *body], [])))


def _asking(method: Method) -> str:
    """Return the definition of a method that suspends until a tool has answered."""
    call = ", ".join([repr(method.name), "self._vpd_handle", *method.parameters])
    answer = f"_vpd_ask({call})"
    if method.returns_patches:
        answer = f"[ImagePatch(None, _vpd_region) for _vpd_region in {answer}]"
    return f"def {method.name}({', '.join(['self', *method.parameters])}):\n    return {answer}"


_DEFINITION = (ast.FunctionDef, ast.ClassDef)


def _second_name(name: str) -> ast.stmt:
    return ast.Assign([ast.Name(f"_vpd_our_{name}", ast.Store())], ast.Name(name, ast.Load()))


class _Own(ast.NodeTransformer):
    """Read public names under their second names, within functions: what runs after the program is loaded."""

    def __init__(self, public: set[str]) -> None:
        self.read: set[str] = set()
        self._public = public
        self._depth = 0

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self._depth += 1
        self.generic_visit(node)
        self._depth -= 1
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if not self._depth or node.id not in self._public or not isinstance(node.ctx, ast.Load):
            return node
        self.read.add(node.id)
        return ast.Name(f"_vpd_our_{node.id}", ast.Load())


class _Bare(ast.NodeTransformer):
    """Drop docstrings, annotations and the import that they need."""

    def visit_ImportFrom(self, _node: ast.ImportFrom) -> None:
        return None

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) else node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        assert node.value is not None
        return ast.Assign([node.target], node.value)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(node.arg)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)
