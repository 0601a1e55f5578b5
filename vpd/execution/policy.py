"""What a program may not contain, found before it runs.

This gives a clear reason early and keeps a program's own names apart from the runtime's. It is no security
boundary: that is the sandbox (`vpd.execution.sandbox`), which refuses the same things on its own.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from vpd.execution.gaps import gaps
from vpd.execution.names import bound_names, words

MODULES = words("bisect collections copy dataclasses decimal functools itertools json math random re typing")
OUTSIDE_MODULES = words(
    "asyncio builtins ctypes importlib inspect io multiprocessing os pathlib pickle shutil signal socket "
    "subprocess sys tempfile threading time urllib"
)
OUTSIDE_NAMES = words("breakpoint compile eval exec exit globals help input locals open quit vars")
RUNTIME_PREFIX = "_vpd"
UNSUPPORTED: dict[type[ast.AST], str] = {
    ast.AsyncFor: "async for",
    ast.AsyncFunctionDef: "async def",
    ast.AsyncWith: "async with",
    ast.Await: "await",
    ast.ClassDef: "class",
    ast.Delete: "del",
    ast.TryStar: "except*",
    ast.With: "with",
    ast.Yield: "yield",
    ast.YieldFrom: "yield from",
}


@dataclass(frozen=True)
class Violation:
    """Something that a program may not contain, and its line."""

    outcome: Literal["unsupported", "policy"]
    message: str
    line: int


def first_violation(tree: ast.Module) -> Violation | None:
    """Return the first thing in the tree that a program may not contain, or None."""
    nodes = [node for node in ast.walk(tree) if not isinstance(node, ast.expr_context | ast.operator)]
    own_names = bound_names(nodes)
    found = [violation for node in nodes for violation in _violations(node, own_names)]
    return min(found, key=lambda v: v.line, default=None)


def _violations(node: ast.AST, own_names: set[str]) -> Iterator[Violation]:
    line = getattr(node, "lineno", 1)
    construct = UNSUPPORTED.get(type(node))
    if construct is not None:
        yield Violation("unsupported", f"'{construct}' is not supported", line)
    if isinstance(node, ast.comprehension) and node.is_async:
        yield Violation("unsupported", "'async for' is not supported", node.target.lineno)
    if not (isinstance(node, ast.Name) and node.id in own_names):
        yield from (Violation("unsupported", f"{gap} is not available", line) for gap in gaps(node))
    for module in _imported(node):
        root = module.split(".")[0]
        if root in OUTSIDE_MODULES:
            yield Violation("policy", f"a program may not import '{module}'", line)
        elif root not in MODULES:
            yield Violation("unsupported", f"module '{module}' is not available", line)
    for name in _identifiers(node):
        outside = isinstance(node, ast.Name) and name in OUTSIDE_NAMES
        if outside or name.lower().startswith(("__", RUNTIME_PREFIX)):
            yield Violation("policy", f"a program may not use '{name}'", line)


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return ["." * node.level + (node.module or "")]
    return []


def _identifiers(node: ast.AST) -> list[str]:
    """Return the names that a node itself reads, binds or looks up."""
    if isinstance(node, ast.alias):
        return [node.name, node.asname or ""]
    if isinstance(node, ast.Global | ast.Nonlocal):
        return node.names
    value = getattr(node, _NAMED.get(type(node), ""), None)
    return [value] if value else []


_NAMED: dict[type[ast.AST], str] = {
    ast.Name: "id",
    ast.Attribute: "attr",
    ast.arg: "arg",
    ast.keyword: "arg",
    ast.FunctionDef: "name",
    ast.AsyncFunctionDef: "name",
    ast.ClassDef: "name",
    ast.ExceptHandler: "name",
    ast.MatchAs: "name",
    ast.MatchStar: "name",
    ast.MatchMapping: "rest",
}
