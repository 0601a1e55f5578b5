"""What a program's text alone shows to be wrong: names and methods that do not exist, wrong arguments.

Checked is the canonical program. Where the text leaves a doubt nothing is said: the rehearsal
(`vpd.review.rehearsal`) finds in the sandbox what is missed here. Code in a `try` that catches something may
raise, so it is not checked.

Not here: endless loops (`vpd.review.loops`), what no program may contain (`vpd.execution.policy`).
"""

import ast
import builtins
import difflib
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vpd.execution.names import bound_names
from vpd.execution.program import ENTRY
from vpd.review.patches import PATCH, PATCHES, PatchKinds
from vpd.tools.image_patch import HELPERS, ImagePatch
from vpd.tools.methods import IMAGE_PATCH, Method

_ATTRIBUTES = tuple(ImagePatch.__annotations__)
_PLAIN_METHODS = ("crop", "overlaps_with")
_HELPERS = {function.__name__: tuple(inspect.signature(function).parameters) for function in HELPERS}
_GIVEN = frozenset({*dir(builtins), "ImagePatch", *_HELPERS})
_LONGEST_OWNER = 40


@dataclass(frozen=True)
class Fault:
    """Something wrong in the text, and its line in the canonical program."""

    message: str
    line: int


def first_fault(tree: ast.Module, methods: Mapping[str, Method]) -> Fault | None:
    """Return the first wrong name, attribute or call of a program; `methods` are those that ask tools."""
    check = _Check(tree, methods)
    return min(check.faults(), key=lambda fault: fault.line, default=None)


class _Check:
    def __init__(self, tree: ast.Module, methods: Mapping[str, Method]) -> None:
        self._nodes = list(ast.walk(tree))
        self._own = _bound(self._nodes)
        self._kinds = PatchKinds(tree, methods)
        self._tried = {id(inner) for node in self._nodes for inner in _tried(node)}
        self._parameters = {
            **{name: tuple(method.parameters) for name, method in methods.items()},
            **{name: _signature(name) for name in _PLAIN_METHODS},
        }
        self._written = {n.attr for n in self._nodes if isinstance(n, ast.Attribute) and _is_stored(n)}
        self._texts = {n.value for n in self._nodes if isinstance(n, ast.Constant)}

    def faults(self) -> Iterator[Fault]:
        for node in self._nodes:
            if id(node) not in self._tried:
                yield from self._faults(node)

    def _faults(self, node: ast.AST) -> Iterator[Fault]:
        match node:
            case ast.Name(id=name, ctx=ast.Load()) if name not in self._own | _GIVEN:
                yield Fault(f"the name {name} is not defined{self._similar(name)}", node.lineno)
            case ast.Attribute(value=owner, attr=name, ctx=ast.Load()):
                message = self._no_attribute(owner, name)
                if message:
                    yield Fault(message, node.lineno)
            case ast.Call(func=ast.Attribute(value=owner, attr=name)) if self._kinds.of(owner) == PATCH:
                yield from _misfits(node, name, self._parameters.get(name))
            case ast.Call(func=ast.Name(id=name)) if name in _HELPERS and name not in self._own:
                yield from _misfits(node, name, _HELPERS[name])
            case ast.Call(func=ast.Name(id="ImagePatch"), args=[_, _, *_]) if "ImagePatch" not in self._own:
                message = (
                    "ImagePatch takes the image alone; for a part of it use crop(left, top, right, bottom)"
                )
                yield Fault(message, node.lineno)

    def _similar(self, name: str) -> str:
        known = sorted((self._own | _GIVEN) - {ENTRY})
        close = difflib.get_close_matches(name, known, 1, cutoff=0.75)
        return f"; did you mean {close[0]}?" if close else ""

    def _no_attribute(self, owner: ast.expr, name: str) -> str:
        """Say that a patch, or a list of patches, has no such attribute; empty if it may have."""
        kind = self._kinds.of(owner)
        there = (*self._parameters, *_ATTRIBUTES)
        if kind not in (PATCH, PATCHES) or name in self._written or name in self._texts:
            return ""
        shown = ast.unparse(owner)
        shown = shown if len(shown) <= _LONGEST_OWNER else f"{shown[:_LONGEST_OWNER]}..."
        if kind == PATCHES and (name in there or name in IMAGE_PATCH) and not hasattr(list, name):
            return f"{shown} is a list of patches and has no {name}: take one of them, or loop over them"
        if kind == PATCH and name not in there:
            return f"{shown}.{name} does not exist; ImagePatch has {', '.join(there)}"
        return ""


def _misfits(call: ast.Call, name: str, parameters: tuple[str, ...] | None) -> Iterator[Fault]:
    """Yield how the arguments of a call differ from the parameters, if they do."""
    unsure = any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords)
    if parameters is None or unsure:
        return
    signature = f"{name}({', '.join(parameters)})"
    given = [*parameters[: len(call.args)], *(keyword.arg or "" for keyword in call.keywords)]
    unknown = [argument for argument in given if argument not in parameters]
    missing = [parameter for parameter in parameters if parameter not in given]
    if unknown:
        yield Fault(f"{name} has no parameter {unknown[0]}; it is {signature}", call.lineno)
    elif missing:
        yield Fault(f"{name} needs {', '.join(missing)}; it is {signature}", call.lineno)
    elif len(call.args) + len(call.keywords) > len(parameters):
        number = len(call.args) + len(call.keywords)
        yield Fault(f"{name} is given {number} arguments; it is {signature}", call.lineno)


def _bound(nodes: list[ast.AST]) -> set[str]:
    """Return every name that a program binds, anywhere and in any way."""
    bound = bound_names(nodes)
    for node in nodes:
        match node:
            case ast.alias(name=name, asname=asname):
                bound.add(asname or name.split(".")[0])
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
            ):
                bound.add(name)
            case ast.MatchMapping(rest=str(name)):
                bound.add(name)
    return bound


def _tried(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is inside a `try` that catches something."""
    if isinstance(node, ast.Try) and node.handlers:
        for statement in node.body:
            yield from ast.walk(statement)


def _is_stored(node: ast.Attribute) -> bool:
    return not isinstance(node.ctx, ast.Load)


def _signature(name: str) -> tuple[str, ...]:
    return tuple(inspect.signature(getattr(ImagePatch, name)).parameters)[1:]
