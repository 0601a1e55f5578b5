"""Which parts of an expression were evaluated, and with which variables."""

import ast
from collections.abc import Iterator
from contextlib import suppress

from vpd.rationale.reading.scope import Comprehension, Scope
from vpd.rationale.reading.values import Unknown


def evaluated(node: ast.AST, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
    """Yield the parts of an expression that were evaluated, each with its scope: what is inside first.

    Once for every item of a comprehension, and inside the one-line functions that are called; what a filter,
    `and`, `or` or a condition kept from being evaluated is left out.
    """
    match node:
        case ast.Lambda():
            return
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
            yield from evaluated(node.generators[0].iter, scope)
            with suppress(Unknown):
                for inner in scope.each(node):
                    yield from _of_item(node, inner)
        case ast.BoolOp():
            yield from _until_settled(node, scope)
        case ast.IfExp():
            yield from evaluated(node.test, scope)
            with suppress(Unknown):
                yield from evaluated(node.body if scope.truth(node.test) else node.orelse, scope)
        case _:
            for child in ast.iter_child_nodes(node):
                yield from evaluated(child, scope)
    if isinstance(node, ast.Call):
        with suppress(Unknown):
            opened = scope.opened(node)
            if opened is not None:
                yield from evaluated(opened[1], opened[0])
    yield node, scope


def _of_item(node: Comprehension, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
    for test in node.generators[0].ifs:
        yield from evaluated(test, scope)
        try:
            if not scope.truth(test):
                return
        except Unknown:
            return
    yield from evaluated(node.elt, scope)


def _until_settled(node: ast.BoolOp, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
    """Yield the parts of the operands up to the one that settles an `and` or `or`."""
    for value in node.values:
        yield from evaluated(value, scope)
        try:
            if scope.truth(value) is isinstance(node.op, ast.Or):
                return
        except Unknown:
            return
