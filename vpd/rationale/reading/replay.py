"""What steps do to variables: the scope after each, from the values that the trace recorded.

Where no value was recorded, as after `kept.append(x)`, the value is worked out; where that cannot be done,
nothing is known of the variable any more.
"""

import ast
from collections.abc import Iterator, Sequence

from vpd.execution.trace import PatchRef, Value
from vpd.rationale.reading.operations import distinct
from vpd.rationale.reading.scope import Scope
from vpd.rationale.reading.values import (
    Count,
    Distance,
    Distinct,
    Listing,
    Measure,
    Reply,
    Unknown,
    collected,
    elements,
    plain,
)
from vpd.rationale.slicing.flow import Flow
from vpd.rationale.slicing.steps import Step
from vpd.rationale.slicing.syntax import stored_names

ROUNDING = 0.02  # a trace keeps boxes to 2 digits


def one_line_functions(tree: ast.Module) -> dict[str, tuple[tuple[str, ...], ast.expr]]:
    """Return the parameters and results of functions that only return something, where the name is unique."""
    found: dict[str, list[tuple[tuple[str, ...], ast.expr]]] = {}
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name, args, [ast.Return(ast.expr() as body)]):
                found.setdefault(name, []).append((tuple(a.arg for a in args.args), body))
            case ast.Assign([ast.Name(name)], ast.Lambda(args, body)):
                found.setdefault(name, []).append((tuple(a.arg for a in args.args), body))
    return {name: only[0] for name, only in found.items() if len(only) == 1}


def after(step: Step, scope: Scope, flow: Flow) -> Scope:
    """Return the scope after a step, given the scope before it."""
    statement, whole = step.statement, step.part == "whole"
    recorded = {e.name: e for e in step.events if e.kind == "value" and e.line == statement.lineno}
    if isinstance(statement, ast.For | ast.While | ast.Try | ast.Match) and whole:
        return scope.without(flow.written(statement))
    known = {}
    if whole:
        known = dict(_assigned(statement, scope)) or dict(_changed(statement, scope))
    gone = flow.sets(statement) | flow.changes(statement, whole=False) if whole else set()
    if step.part == "item":
        assert isinstance(statement, ast.For)
        gone = set(stored_names(statement.target))
    names = {n: v for n, v in scope.names.items() if n not in gone or n in known}
    result = Scope(scope.picture, scope.methods, scope.functions, {**names, **known}, scope.calls)
    for name, event in recorded.items():
        if name not in known or not _fits(known[name], event.value):
            result = result.bind(name, _from_trace(event.value))
    return result


def _assigned(statement: ast.stmt, scope: Scope) -> Iterator[tuple[str, object]]:
    """Yield the variables that an assignment sets, with what they stand for where that is known."""
    if not isinstance(statement, ast.Assign):
        return
    try:
        value = scope.evaluate(statement.value)
        for target in statement.targets:
            match target:
                case ast.Name(name):
                    yield name, value
                case ast.Tuple(elts) | ast.List(elts) if len(elements(value)) == len(elts):
                    names = [e.id if isinstance(e, ast.Name) else "" for e in elts]
                    yield from ((n, v) for n, v in zip(names, elements(value), strict=True) if n)
                case ast.Subscript(ast.Name(name), index) if isinstance(scope.names.get(name), dict):
                    key = plain(scope.evaluate(index))
                    yield name, {**scope.names[name], key: value}  # type: ignore[dict-item]
    except Unknown:
        return


def _changed(statement: ast.stmt, scope: Scope) -> Iterator[tuple[str, object]]:
    """Yield the variable whose list or set a statement changes in place, with its new value."""
    match statement:
        case ast.Expr(ast.Call(ast.Attribute(ast.Name(name), method), args) as call):
            try:
                yield name, _altered(name, method, args, call.keywords, scope)
            except Unknown:
                return


def _altered(
    name: str, method: str, args: Sequence[ast.expr], keywords: Sequence[ast.keyword], scope: Scope
) -> object:
    value = scope.evaluate(ast.Name(name, ast.Load()))
    given = [scope.evaluate(a) for a in args]
    match method, given, value:
        case "append", [item], Listing() | tuple():
            return collected((*elements(value), item))
        case "extend", [items], Listing() | tuple():
            return collected((*elements(value), *elements(items)))
        case "add", [item], Distinct():
            return distinct((*value.replies, item))
        case "reverse", [], Listing(patches):
            return Listing(patches[::-1])
        case "sort", [], Listing():
            words = {k.arg: k.value for k in keywords}
            reverse = scope.truth(words.get("reverse", ast.Constant(False)))
            return scope.sorted(ast.Name(name, ast.Load()), words.get("key"), reverse=reverse)
    raise Unknown


def _from_trace(value: Value) -> object:
    return collected(value) if isinstance(value, tuple) else value


def _fits(meaning: object, value: Value) -> bool:
    """Tell whether a trace can have recorded this value for a meaning; a trace rounds boxes and numbers."""
    match meaning, value:
        case Listing(patches), tuple():
            return [p.box for p in patches] == [p.box for p in value if isinstance(p, PatchRef)]
        case ((Measure() | Distance()), int() | float()):
            return abs(meaning.value - value) <= ROUNDING
        case ((Count() | Reply()), _):
            return plain(meaning) == value
        case tuple(), tuple():
            return len(meaning) == len(value) and all(map(_fits, meaning, value))
    return meaning == value
