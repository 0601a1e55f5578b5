"""A program: what a language model wrote, brought to one canonical text with one identity.

The canonical text is what is stored, shown, executed and counted in lines: `ast.unparse` of the tree, so one
statement a line, no comments, docstrings or annotations. Kept are `execute_command(image)` and the imports,
functions and assignments it may need; example calls after it are dropped. Two programs that differ only in
layout or in the names of their variables have the same `program_id`.

Not here: running programs, and the rewrite that lets a run record its steps (`vpd.execution.instrument`).
"""

import ast
import re
import textwrap
import warnings
from dataclasses import dataclass
from typing import Literal

from vpd.execution.identity import normalised_text
from vpd.execution.policy import first_violation
from vpd.execution.syntax import parse
from vpd.records import stable_id

ENTRY = "execute_command"
MAX_CHARACTERS = 20_000
_FENCED = re.compile(r"^[ \t]*```[^\n]*\n(.*?)(?:^[ \t]*```|\Z)", re.DOTALL | re.MULTILINE)
PARSE_ERRORS = (SyntaxError, ValueError, RecursionError, MemoryError)

ProblemOutcome = Literal["syntax", "unsupported", "policy"]


@dataclass(frozen=True)
class Program:
    """A program in canonical text."""

    source: str
    program_id: str


@dataclass(frozen=True)
class ProgramProblem:
    """Why a text is no program: the outcome a run of it has, what is wrong, and the line if there is one."""

    outcome: ProblemOutcome
    message: str
    line: int | None = None


@dataclass(frozen=True, eq=False)
class Parsed:
    """Canonical text and its syntax tree."""

    source: str
    tree: ast.Module


def canonical(text: str) -> Program | ProgramProblem:
    """Bring what a model wrote to canonical form, or say why that cannot be done.

    The text may be a function, a function within prose and code fences, or only the function's body. Lines of
    a syntax problem count in the code as written, those of other problems in the canonical text.
    """
    parsed = parsed_program(text)
    if isinstance(parsed, ProgramProblem):
        return parsed
    return Program(parsed.source, stable_id("program", normalised_text(parsed.tree)))


def parsed_program(text: str) -> Parsed | ProgramProblem:
    """Do what `canonical` does, without the identity: a third of its time, and a run needs none."""
    if len(text) > MAX_CHARACTERS:
        return ProgramProblem("policy", f"the text is longer than {MAX_CHARACTERS} characters")
    try:
        with warnings.catch_warnings(action="ignore"):
            return _parsed(text)
    except SyntaxError as error:
        return ProgramProblem("syntax", error.msg, error.lineno)
    except (RecursionError, MemoryError):
        return ProgramProblem("syntax", "the code is nested too deeply")
    except ValueError as error:
        return ProgramProblem("syntax", str(error))


def _parsed(text: str) -> Parsed | ProgramProblem:
    code = _code(text)
    tree = _parse(code)
    if isinstance(tree, ProgramProblem):
        return tree
    tree = _cleaned(tree)
    source = ast.unparse(tree)
    if source != code:
        tree = parse(source)
    violation = first_violation(tree)
    if violation is not None:
        return ProgramProblem(violation.outcome, violation.message, violation.line)
    return Parsed(source, tree)


def _code(text: str) -> str:
    """Return the fenced block that defines the entry function, else the first block, else the whole text."""
    blocks = _FENCED.findall(text)
    named = [block for block in blocks if f"def {ENTRY}" in block]
    return str((named or blocks or [text])[0]).expandtabs(4)


def _parse(code: str) -> ast.Module | ProgramProblem:
    """Parse code that defines the entry function once, or that is its body."""
    if not code.strip():
        return ProgramProblem("syntax", "the text is empty")
    if f"def {ENTRY}" not in code:
        return _parse_body(code)
    try:
        tree = parse(code)
    except PARSE_ERRORS:
        tree = parse(_without_prose(code))
    entries = _entries(tree)
    if len(entries) != 1:
        return ProgramProblem("syntax", f"the code defines {ENTRY} {len(entries)} times, not once")
    arguments = entries[0].args
    required = len(arguments.posonlyargs) + len(arguments.args) - len(arguments.defaults)
    if required != 1 or any(default is None for default in arguments.kw_defaults):
        return ProgramProblem("syntax", f"{ENTRY} must take one argument, the image", entries[0].lineno)
    return tree


def _parse_body(code: str) -> ast.Module | ProgramProblem:
    """Parse the body of the entry function; its first line may lack the indentation of the others."""
    header = f"def {ENTRY}(image):\n"
    try:
        tree = parse(header + textwrap.indent(textwrap.dedent(code), "    "))
    except PARSE_ERRORS:
        try:
            tree = parse(header + "    " + code.lstrip())
        except SyntaxError as error:
            return ProgramProblem("syntax", error.msg, max(1, (error.lineno or 1) - 1))
    if not any(isinstance(node, ast.Return) for node in ast.walk(tree)):
        return ProgramProblem("syntax", f"the text defines no {ENTRY} and returns nothing")
    return tree


def _without_prose(code: str) -> str:
    """Return the entry function alone: from its `def` line to the last line that is indented below it.

    Blank lines replace what stood above, so that a syntax error still names the line as written.
    """
    lines = code.split("\n")
    start = next((i for i, line in enumerate(lines) if line.startswith(f"def {ENTRY}")), 0)
    body = lines[start + 1 :]
    length = next((i for i, line in enumerate(body) if line.strip() and line[0] not in " #)"), len(body))
    return "\n".join([""] * start + lines[start : start + 1 + length])


def _entries(tree: ast.Module) -> list[ast.FunctionDef]:
    return [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == ENTRY]


def _cleaned(tree: ast.Module) -> ast.Module:
    """Return the tree without what has no effect on the entry function."""
    end = tree.body.index(_entries(tree)[0])
    definitions = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    assignments = (ast.Assign, ast.AnnAssign, ast.AugAssign)
    kept: list[ast.stmt] = []
    for position, node in enumerate(tree.body):
        if isinstance(node, definitions) or (position < end and isinstance(node, assignments)):
            kept.append(node)
    cleaned = _Cleaner().visit(ast.Module(kept, []))
    assert isinstance(cleaned, ast.Module)
    return cleaned


class _Cleaner(ast.NodeTransformer):
    """Drop docstrings, statements that are only a constant, and annotations."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        plain = ast.Assign([self.visit(node.target)], self.visit(node.value))
        return ast.copy_location(plain, node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(node.arg)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def generic_visit(self, node: ast.AST) -> ast.AST:
        node = super().generic_visit(node)
        if not isinstance(node, ast.Module) and getattr(node, "body", None) == []:
            node.body = [ast.Pass()]  # type: ignore[attr-defined]
        return node
