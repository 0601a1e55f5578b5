"""Generator expressions that must stop early.

The sandbox evaluates a generator expression at once. Where Python would stop before its end, that would call
tools which the program does not call; so `any`, `all` and `next` over a generator expression become loops:

    any(e for x in xs if c)       _vpd_any(xs, lambda x: e if c else False)
    all(e for x in xs if c)       _vpd_all(xs, lambda x: e if c else True)
    next((e for x in xs if c), d) _vpd_next(xs, lambda x: True if c else False, lambda x: e, d)

Left as they are: several `for` clauses under `next`, targets other than names, and `:=` inside.
"""

import ast


def early_exit(node: ast.Call) -> ast.Call | None:
    """Return the loop form of an `any`, `all` or `next` call, or None if it is not of that kind."""
    if not isinstance(node.func, ast.Name) or not node.args or node.keywords:
        return None
    generator = node.args[0]
    if not isinstance(generator, ast.GeneratorExp) or not all(map(_simple, generator.generators)):
        return None
    if any(isinstance(inner, ast.NamedExpr) for inner in ast.walk(generator)):
        return None
    name, clauses = node.func.id, generator.generators
    if name in ("any", "all") and len(node.args) == 1:
        return _located(_nested(name, clauses, generator.elt), node)
    if name == "next" and len(clauses) == 1 and len(node.args) <= 2:
        first = clauses[0]
        test = _lambda(first.target, _filtered(first, ast.Constant(True), otherwise=False))
        give = _lambda(first.target, generator.elt)
        return _located(_runtime(name, first.iter, test, give, *node.args[1:]), node)
    return None


def _nested(name: str, clauses: list[ast.comprehension], element: ast.expr) -> ast.Call:
    first, *rest = clauses
    body: ast.expr = _nested(name, rest, element) if rest else element
    body = _filtered(first, body, otherwise=name == "all")
    return _runtime(name, first.iter, _lambda(first.target, body))


def _filtered(clause: ast.comprehension, body: ast.expr, *, otherwise: bool) -> ast.expr:
    for test in reversed(clause.ifs):
        body = ast.IfExp(test, body, ast.Constant(otherwise))
    return body


def _simple(clause: ast.comprehension) -> bool:
    if isinstance(clause.target, ast.Tuple):
        return all(isinstance(name, ast.Name) for name in clause.target.elts)
    return isinstance(clause.target, ast.Name)


def _lambda(target: ast.expr, body: ast.expr) -> ast.Lambda:
    """Return `lambda x: body`; for a target of several names, `lambda item: (lambda a, b: body)(*item)`."""
    if isinstance(target, ast.Name):
        return ast.Lambda(_arguments([target.id]), body)
    assert isinstance(target, ast.Tuple)
    inner = ast.Lambda(_arguments([n.id for n in target.elts if isinstance(n, ast.Name)]), body)
    item = ast.Starred(ast.Name("_vpd_item", ast.Load()), ast.Load())
    return ast.Lambda(_arguments(["_vpd_item"]), ast.Call(inner, [item], []))


def _arguments(names: list[str]) -> ast.arguments:
    return ast.arguments([], [ast.arg(name) for name in names], None, [], [], None, [])


def _runtime(name: str, *args: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(f"_vpd_{name}", ast.Load()), list(args), [])


def _located(call: ast.Call, like: ast.Call) -> ast.Call:
    """Give every new node the line of the call; a canonical statement is on one line."""
    for inner in ast.walk(call):
        if isinstance(inner, ast.expr | ast.arg) and not hasattr(inner, "lineno"):
            ast.copy_location(inner, like)
    return call
