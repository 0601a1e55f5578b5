"""Small questions about the syntax of a program that reading its trace brings up."""

import ast
from collections.abc import Iterable


def own_expressions(statement: ast.stmt) -> list[ast.expr]:
    """Return the expressions of a statement itself, without those of the statements inside it."""
    return [e for e in ast.iter_child_nodes(statement) if isinstance(e, ast.expr)]


def denied_parts(node: ast.AST, *, denied: bool = False) -> set[ast.AST]:
    """Return the parts of an expression that are looked for not to hold: under `not`, or in `all(...)`."""
    turns = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    turns = turns or (isinstance(node, ast.Call) and ast.unparse(node.func) == "all")
    own = {node} if denied else set[ast.AST]()
    return own.union(*(denied_parts(n, denied=denied is not turns) for n in ast.iter_child_nodes(node)))


def seeks_false(statement: ast.stmt) -> bool:
    """Tell whether a statement looks for a property that is not so."""
    denied = set[ast.AST]().union(*map(denied_parts, own_expressions(statement)))
    return any(isinstance(n, ast.Attribute) and n.attr == "verify_property" for n in denied)


def counts_replies(statement: ast.stmt) -> bool:
    """Tell whether a statement takes the most frequent of some texts, as `max(xs, key=xs.count)` does."""
    for part in own_parts(statement):
        match part:
            case ast.Attribute(attr="most_common") | ast.keyword("key", ast.Attribute(attr="count" | "get")):
                return True
    return False


def own_parts(statement: ast.AST) -> list[ast.AST]:
    """Return a statement's own syntax, without the statements inside it."""
    found: list[ast.AST] = [statement]
    for part in found:
        found.extend(n for n in ast.iter_child_nodes(part) if not isinstance(n, ast.stmt | ast.excepthandler))
    return found


def stored_names(*nodes: ast.AST) -> list[str]:
    """Return the variables that pieces of syntax set, in their order; those of comprehensions are not."""
    found: list[str] = []
    for node in nodes:
        inner = {n for c in ast.walk(node) if isinstance(c, ast.comprehension) for n in ast.walk(c.target)}
        names = [n for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        found += [n.id for n in names if n not in inner]
    return found


def free_names(node: ast.AST) -> set[str]:
    """Return the variables that a piece of syntax reads from outside of it."""
    match node:
        case ast.Name(name, ast.Load()):
            return {name}
        case ast.Lambda(args, body):
            return _free(args.defaults, args.kw_defaults) | (free_names(body) - _parameters(args))
        case ast.FunctionDef(args=args, body=body):
            own = _parameters(args) | set(stored_names(*body)) - _outer(body)
            return _free(args.defaults, args.kw_defaults) | (_free(body) - own)
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            return _free_in_comprehension(node)
    return _free(ast.iter_child_nodes(node))


def _free(*groups: Iterable[ast.AST | None]) -> set[str]:
    return set().union(*(free_names(n) for group in groups for n in group if n is not None))


def _free_in_comprehension(node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> set[str]:
    first, *others = node.generators
    results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    inside = _free(results, (c.iter for c in others), (test for c in node.generators for test in c.ifs))
    return free_names(first.iter) | (inside - set(stored_names(*(c.target for c in node.generators))))


def _parameters(args: ast.arguments) -> set[str]:
    every = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
    return {arg.arg for arg in every if arg is not None}


def _outer(body: Iterable[ast.AST]) -> set[str]:
    """Return the variables that a function declares as those of an outer one."""
    declared = [n for s in body for n in ast.walk(s) if isinstance(n, ast.Global | ast.Nonlocal)]
    return set().union(*(n.names for n in declared))
