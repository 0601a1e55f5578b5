"""Small questions about the syntax of a program that reading its trace brings up."""

import ast

CHANGING = ("append", "clear", "extend", "insert", "pop", "remove", "reverse")


def changing_names(tree: ast.Module) -> set[str]:
    """Return the variables whose lists a program changes in place, which no event records."""
    calls = [n.func for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)]
    return {c.value.id for c in calls if c.attr in CHANGING and isinstance(c.value, ast.Name)}


def parsed(text: str) -> ast.expr | None:
    """Return the expression of a source text, or None if it is none."""
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        return None


def sorted_name(statement: ast.stmt) -> str:
    """Return x of a statement `x.sort(...)`, else an empty text."""
    match statement:
        case ast.Expr(ast.Call(ast.Attribute(ast.Name(name), "sort"))):
            return name
    return ""


def inner_names(statement: ast.stmt | None) -> set[str]:
    """Return the variables of the comprehensions and lambdas in a statement's own expressions."""
    inner = [part for expression in own_expressions(statement) for part in ast.walk(expression)]
    names = set().union(*(names_in(part.target) for part in inner if isinstance(part, ast.comprehension)))
    return names | {a.arg for part in inner if isinstance(part, ast.Lambda) for a in part.args.args}


def own_expressions(statement: ast.stmt | None) -> list[ast.expr]:
    """Return the expressions of a statement itself, without those of the statements inside it."""
    return [e for e in ast.iter_child_nodes(statement) if isinstance(e, ast.expr)] if statement else []


def seeks_false(statement: ast.stmt | None) -> bool:
    """Tell whether a statement looks for what is not so: under `not`, or in `all(...)`."""
    parts = [part for expression in own_expressions(statement) for part in ast.walk(expression)]
    denials = [p.operand for p in parts if isinstance(p, ast.UnaryOp) and isinstance(p.op, ast.Not)]
    denials += [p for p in parts if isinstance(p, ast.Call) and ast.unparse(p.func) == "all"]
    return any(
        isinstance(n, ast.Attribute) and n.attr == "verify_property" for d in denials for n in ast.walk(d)
    )


def names_in(node: ast.AST | None) -> set[str]:
    """Return the names that occur in a piece of syntax."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} if node is not None else set()
