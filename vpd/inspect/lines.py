"""Which lines of a program a run executed, worked out from its events.

A run records tool calls, values, branches and the return, not every line. What lies between follows from the
program: a statement that went well leads to the next one, a branch event tells which side was taken, a value
of the loop variable that the body was entered. Exact for what language models write; where nothing was
recorded that tells (a callback without a step, what an exception skipped), a line counts as not executed.

Not here: recording (`vpd.execution.instrument`).
"""

import ast
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from vpd.execution.program import ENTRY
from vpd.execution.trace import Run
from vpd.tools.methods import IMAGE_PATCH

_LOOPS = (ast.For, ast.While)
_LEAVES = (ast.Return, ast.Raise, ast.Break, ast.Continue)


def executed_lines(source: str, run: Run) -> frozenset[int] | None:
    """Return the executed lines of a canonical program, counted from 1.

    None if that is not known: a run stopped by a limit or a crash keeps no events, and a program that was
    refused before it ran has no lines executed.
    """
    read = run.outcome in ("answered", "vocabulary", "runtime") and (run.line or run.outcome == "answered")
    refused = not read and not run.events
    if refused or run.outcome in ("budget", "crash"):
        return None
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return _with_keywords(source, tree, _Replay(tree, run).lines)


def _with_keywords(source: str, tree: ast.Module, reached: set[int]) -> frozenset[int]:
    """Add lines where no statement begins: `else:` goes with the line after, others with that before."""
    begins = (ast.stmt, ast.excepthandler, ast.pattern)
    beginnings = {node.lineno for node in ast.walk(tree) if isinstance(node, begins)}
    lines = dict(enumerate(source.split("\n"), start=1))
    lit = set(reached)
    for number in reversed(lines):
        if lines[number].strip() in ("else:", "finally:") and number + 1 in lit:
            lit.add(number)
    for number, line in lines.items():
        if number not in beginnings and line.strip() not in ("", "else:", "finally:") and number - 1 in lit:
            lit.add(number)
    return frozenset(lit)


class _Replay:
    """Follows control through a program as far as the events of a run lead."""

    def __init__(self, tree: ast.Module, run: Run) -> None:
        self.lines: set[int] = set()
        self._marked = {event.line for event in run.events}
        self._values = {(e.line, e.name) for e in run.events if e.kind == "value"}
        self._failed = {e.line for e in run.events if e.kind == "tool" and e.value is None}
        self._asking = IMAGE_PATCH.keys() | {e.name for e in run.events if e.kind == "tool"}
        self._tests: dict[tuple[int, str], set[object]] = defaultdict(set)
        for event in run.events:
            if event.kind == "branch":
                self._tests[event.line, event.name].add(event.value)
        self._returned = {e.line for e in run.events if e.kind == "return"}
        self._error_line = None if run.outcome == "answered" else run.line
        self._functions = {n.name: n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
        self._broken = self._callers_of_error()
        self._block(tree.body)
        self._call(ENTRY)

    def _callers_of_error(self) -> set[str]:
        """Return the names of the functions that the error passed through, if it left its own."""
        broken = {
            name
            for name, node in self._functions.items()
            if name != ENTRY and self._error_line in _span([node])
        }
        for _ in self._functions:
            broken |= {name for name, node in self._functions.items() if broken & _names(node)}
        return broken

    def _call(self, name: str) -> None:
        node = self._functions.pop(name, None)
        if node is None:
            return
        known = name == ENTRY or name in self._broken or self._evidence(node.body)
        if known or not _leaves_steps(node, self._asking):
            self._block(node.body)

    def _evidence(self, statements: Sequence[ast.AST]) -> bool:
        span = _span(statements)
        return not self._marked.isdisjoint(span) or self._error_line in span

    def _block(self, statements: Sequence[ast.stmt]) -> bool:
        """Follow a block that was entered; tell whether control came out at its end."""
        for position, statement in enumerate(statements):
            self.lines.add(statement.lineno)
            if not isinstance(statement, ast.FunctionDef | ast.ClassDef):
                for name in _names(*_own_parts(statement)):
                    self._call(name)
            if not self._passes(statement) and not self._evidence(statements[position + 1 :]):
                return False
        return True

    def _passes(self, statement: ast.stmt) -> bool:
        """Follow a statement that was reached; tell whether the next one was reached."""
        if isinstance(statement, ast.If):
            took = self._tests[statement.lineno, ast.unparse(statement.test)]
            sides = [statement.body] * (True in took) + [statement.orelse] * (False in took)
            passed = [self._block(side) for side in sides]
            return any(passed)
        if isinstance(statement, _LOOPS):
            return self._loop(statement)
        if isinstance(statement, ast.Try):
            return self._try(statement)
        if isinstance(statement, ast.Match):
            return self._match(statement)
        if isinstance(statement, ast.With):
            return self._block(statement.body)
        return not isinstance(statement, _LEAVES) and not self._raised(statement)

    def _loop(self, loop: ast.For | ast.While) -> bool:
        if isinstance(loop, ast.While):
            took = self._tests[loop.lineno, ast.unparse(loop.test)]
            entered, ended = True in took, False in took
        else:
            targets = {n.id for n in ast.walk(loop.target) if isinstance(n, ast.Name)}
            entered = any((loop.lineno, name) in self._values for name in targets)
            ended = not self._left_from(loop.body)
        if entered or self._evidence(loop.body):
            self._block(loop.body)
        broke = any(isinstance(n, ast.Break) and n.lineno in self.lines for n in _inside(loop.body))
        if ended and loop.orelse and not broke:
            return self._block(loop.orelse)
        return (ended or broke) and not self._raised(loop)

    def _left_from(self, body: Sequence[ast.stmt]) -> bool:
        """Tell whether the run's return or its error was inside a block."""
        span = _span(body)
        return not self._returned.isdisjoint(span) or self._error_line in span

    def _match(self, statement: ast.Match) -> bool:
        for case in statement.cases:
            self.lines.add(case.pattern.lineno)
            if self._evidence(case.body):
                return self._block(case.body)
        return True

    def _try(self, statement: ast.Try) -> bool:
        handlers = [h for h in statement.handlers if self._evidence(h.body)]
        raised = bool(handlers) or not self._failed.isdisjoint(_span(statement.body))
        if raised and not handlers:
            handlers = statement.handlers[:1]
        done = self._block_until_error(statement.body) if raised else self._block(statement.body)
        if done and not raised:
            done = self._block(statement.orelse)
        for handler in handlers:
            self.lines |= {h.lineno for h in statement.handlers if h.lineno <= handler.lineno}
            done |= self._block(handler.body)
        return self._block(statement.finalbody) and done

    def _block_until_error(self, statements: Sequence[ast.stmt]) -> bool:
        """Follow a block that an exception left: to the statement after the last one that went well."""
        last = max((i for i, s in enumerate(statements) if self._evidence([s])), default=-1)
        well = last >= 0 and not self._raised(statements[last]) and self._stored(statements[last])
        self._block(statements[: last + 1 + (well or last < 0)])
        return False

    def _stored(self, statement: ast.stmt) -> bool:
        return any(line == statement.lineno for line, _ in self._values)

    def _raised(self, statement: ast.stmt) -> bool:
        failed = statement.lineno == self._error_line or statement.lineno in self._failed
        through = self._broken & _names(*_own_parts(statement))
        return bool(failed or through) and not self._stored(statement)


def _own_parts(statement: ast.stmt) -> list[ast.AST]:
    """Return what a statement evaluates itself: of a compound one its header, not its blocks."""
    children = ast.iter_child_nodes(statement)
    return [child for child in children if not isinstance(child, ast.stmt | ast.excepthandler)]


def _inside(statements: Sequence[ast.AST]) -> Iterator[ast.AST]:
    for statement in statements:
        yield from ast.walk(statement)


def _names(*nodes: ast.AST) -> set[str]:
    return {n.id for n in _inside(nodes) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def _span(statements: Sequence[ast.AST]) -> range:
    """Return the lines that statements stand on."""
    lines = [n for s in statements for n in (getattr(s, "lineno", 0), getattr(s, "end_lineno", 0) or 0)]
    return range(min(lines), max(lines) + 1) if lines else range(0)


def _leaves_steps(function: ast.FunctionDef, asking: Collection[str]) -> bool:
    """Tell whether a call of a function must show in the events."""
    first = function.body[0]
    if any(isinstance(n, ast.Attribute) and n.attr in asking for n in ast.walk(first)):
        return True
    compares = isinstance(first, ast.Return) and isinstance(first.value, ast.Compare | ast.BoolOp)
    return compares or isinstance(first, ast.If | ast.While | ast.Assign | ast.AugAssign | ast.For)
