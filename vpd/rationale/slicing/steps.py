"""A run as the steps that its program took: which statement ran when, with the events that belong to it.

The control flow of the canonical program is followed along the trace: recorded tests say which way it went,
recorded loop variables how often. A step without events, such as `kept.append(x)`, is one all the same. A
`try`, a `match` and a loop whose variables are not recorded are one step each, whatever happened inside.

Not here: what a step depends on (`vpd.rationale.slicing.needed`). Nothing is executed.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from vpd.execution.program import ENTRY
from vpd.execution.trace import TraceEvent
from vpd.rationale.slicing.flow import Flow
from vpd.rationale.slicing.syntax import stored_names
from vpd.rationale.slicing.tape import Tape

Part = Literal["whole", "test", "enter", "item", "end"]
_Next = Literal["next", "break", "continue", "return"]
_Loop = ast.For | ast.While
_LEAVING = (ast.Return, ast.Raise, ast.Assert)


class Unaligned(Exception):
    """The trace is not one of this program, or its way cannot be told."""


@dataclass(frozen=True)
class Step:
    """One statement as it ran once, or a part of it.

    part:     whole; the test of an `if`, `while` or `assert`; of a `for` loop what it runs over (enter), one
              round (item) or that it found no more (end)
    events:   what the trace recorded of it
    deciders: numbers of the steps but for which it might not have run
    could:    variables that would perhaps have been set if it had come out otherwise
    """

    statement: ast.stmt
    part: Part
    events: tuple[TraceEvent, ...]
    deciders: tuple[int, ...] = ()
    could: frozenset[str] = frozenset()


def steps_of(flow: Flow, events: Sequence[TraceEvent]) -> list[Step]:
    """Return the steps of a run in order; the last one returns. Raises Unaligned."""
    walk = _Walk(flow, events)
    before = [s for s in flow.tree.body if not (isinstance(s, ast.FunctionDef) and s.name == ENTRY)]
    entries = [s for s in flow.tree.body if isinstance(s, ast.FunctionDef) and s.name == ENTRY]
    if len(entries) != 1 or walk.block(before, ()) != "next":
        raise Unaligned
    if walk.block(entries[0].body, ()) != "return" or not walk.tape.ended:
        raise Unaligned
    return walk.steps


class _Walk:
    def __init__(self, flow: Flow, events: Sequence[TraceEvent]) -> None:
        self.steps: list[Step] = []
        self._flow = flow
        self.tape = Tape(events, flow)
        self._loops: list[_Loop] = []
        self._leaving: list[int | None] = [None]  # the last steps that could have left: function, loops

    def block(self, statements: Sequence[ast.stmt], deciders: tuple[int, ...]) -> _Next:
        """Follow statements until one of them leads elsewhere."""
        for statement in statements:
            way = self._statement(statement, deciders)
            if way != "next":
                return way
        return "next"

    def _statement(self, statement: ast.stmt, deciders: tuple[int, ...]) -> _Next:
        match statement:
            case ast.Pass() | ast.Global() | ast.Nonlocal():
                return "next"
            case ast.Break():
                return "break"
            case ast.Continue():
                return "continue"
            case ast.If():
                return self._branch(statement, deciders)
            case ast.While() if not _hides_jumps(statement):
                return self._while(statement, deciders)
            case ast.For() if not _hides_jumps(statement) and self.tape.has_items(statement):
                return self._for(statement, deciders)
            case ast.For() | ast.While() | ast.Try() | ast.Match():
                return self._closed(statement, deciders)
            case ast.Assert():
                self._test(statement, deciders)
                return "next"
        self._add(statement, "whole", self.tape.take(statement), deciders)
        return "return" if isinstance(statement, ast.Return) else "next"

    def _branch(self, statement: ast.If, deciders: tuple[int, ...]) -> _Next:
        number, truth = self._test(statement, deciders)
        return self.block(statement.body if truth else statement.orelse, (*deciders, number))

    def _while(self, statement: ast.While, deciders: tuple[int, ...]) -> _Next:
        self._begin(statement)
        while True:
            number, truth = self._test(statement, deciders)
            if not truth:
                return self.block(statement.orelse, (*deciders, number, *self._finish()))
            self._leaving[-1] = number
            way = self.block(statement.body, (*deciders, number))
            if way in ("break", "return"):
                self._finish()
                return "next" if way == "break" else way

    def _for(self, statement: ast.For, deciders: tuple[int, ...]) -> _Next:
        names = stored_names(statement.target)
        entered = self._add(statement, "enter", self.tape.take(statement, until=names), deciders)
        self._begin(statement)
        while True:
            before = self.tape.take(statement, until=names)
            if self.tape.next_line != statement.lineno:
                left = self._finish()
                ended = self._add_test(statement, "end", before, (*deciders, entered))
                return self.block(statement.orelse, (*deciders, ended, *left))
            number = self._add(statement, "item", [*before, *self.tape.item(names)], (*deciders, entered))
            way = self.block(statement.body, (*deciders, number))
            if way in ("break", "return"):
                self._finish()
                return "next" if way == "break" else way

    def _closed(self, statement: ast.stmt, deciders: tuple[int, ...]) -> _Next:
        """Take a statement and all that happened inside it as one step."""
        taken = self.tape.take_all(statement)
        self._add(statement, "whole", taken, deciders)
        if taken and taken[-1].kind == "return":
            return "return"
        self._note_leaving(statement, len(self.steps) - 1)
        return "next"

    def _test(
        self, statement: ast.If | ast.While | ast.Assert, deciders: tuple[int, ...]
    ) -> tuple[int, bool]:
        """Take the test of a statement and return its step's number and how it came out."""
        text = ast.unparse(statement.test)
        taken = self.tape.take(statement, test=text)
        outcome = taken[-1] if taken else None
        if outcome is None or (outcome.kind, outcome.name) != ("branch", text):
            raise Unaligned
        return self._add_test(statement, "test", taken, deciders), outcome.value is True

    def _add_test(
        self, statement: ast.stmt, part: Part, events: Sequence[TraceEvent], deciders: tuple[int, ...]
    ) -> int:
        """Add a step that decides what runs next."""
        within: list[ast.stmt] = [statement]
        if self._loops and _jumps(statement):
            within.append(self._loops[-1])
        could = frozenset().union(*(self._flow.written(s) for s in within))
        number = self._add(statement, part, events, deciders, could)
        self._note_leaving(statement, number)
        return number

    def _note_leaving(self, statement: ast.stmt, number: int) -> None:
        """Remember a step that could have left a loop or the function, or kept a loop from doing so."""
        jumps = bool(self._loops) and _jumps(statement)
        if _leaves(statement) or (jumps and _leaves(self._loops[-1])):
            self._leaving[0] = number
        for level in range(len(self._loops), 0, -1) if jumps else ():
            self._leaving[level] = number
            if not any(map(_jumps, self._loops[level - 1].orelse)):
                break

    def _add(
        self,
        statement: ast.stmt,
        part: Part,
        events: Sequence[TraceEvent],
        deciders: tuple[int, ...],
        could: frozenset[str] = frozenset(),
    ) -> int:
        left = tuple(n for n in self._leaving if n is not None)
        self.steps.append(Step(statement, part, tuple(events), (*deciders, *left), could))
        return len(self.steps) - 1

    def _begin(self, loop: _Loop) -> None:
        self._loops.append(loop)
        self._leaving.append(None)

    def _finish(self) -> list[int]:
        """End a loop and return the last step that could have left it."""
        self._loops.pop()
        last = self._leaving.pop()
        return [] if last is None else [last]


def _leaves(statement: ast.stmt) -> bool:
    """Tell whether a statement holds one that may leave the function."""
    return any(isinstance(n, _LEAVING) for n in ast.walk(statement))


def _jumps(statement: ast.stmt) -> bool:
    """Tell whether a statement holds a `break` or `continue`; one of a loop inside it counts as well."""
    return any(isinstance(n, ast.Break | ast.Continue) for n in ast.walk(statement))


def _hides_jumps(loop: _Loop) -> bool:
    """Tell whether a jump in a loop is inside a statement that is one step: its way cannot be told."""
    closed = [n for n in ast.walk(loop) if isinstance(n, ast.Try | ast.Match)]
    return any(_jumps(statement) for statement in closed)
