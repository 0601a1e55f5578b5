"""The events of a run as a tape from which statements take theirs, in order.

Events of a function that the program defines are on its own lines. Which of several statements called it can
be unclear where they record nothing themselves; then all of them take these events.
"""

import ast
from collections.abc import Sequence

from vpd.execution.trace import TraceEvent
from vpd.rationale.slicing.flow import Flow
from vpd.rationale.slicing.syntax import stored_names


class Tape:
    """A place in the events of a run."""

    def __init__(self, events: Sequence[TraceEvent], flow: Flow) -> None:
        self._at = 0
        self._events = events
        self._flow = flow
        self._unsure: list[TraceEvent] = []  # events in functions that the statements before may have called

    @property
    def ended(self) -> bool:
        """Whether all events are taken."""
        return self._at == len(self._events)

    @property
    def next_line(self) -> int | None:
        """The line of the next event, None at the end."""
        event = self._next()
        return None if event is None else event.line

    def _next(self) -> TraceEvent | None:
        return self._events[self._at] if self._at < len(self._events) else None

    def has_items(self, statement: ast.For) -> bool:
        """Tell whether the rounds of a loop can be told apart: its variables are recorded."""
        names, inside = stored_names(statement.target), _lines(statement.body)
        for event in self._events[self._at :]:
            if event.line == statement.lineno:
                if event.kind == "value" and event.name in names:
                    return True
            elif event.line not in self._flow.called_lines:
                return event.line not in inside
        return True

    def item(self, names: Sequence[str]) -> list[TraceEvent]:
        """Take the loop variables of one round: each at most once, in their order."""
        taken: list[TraceEvent] = []
        left = list(names)
        while (event := self._next()) is not None and event.kind == "value" and event.name in left:
            left = left[left.index(event.name) + 1 :]
            taken.append(event)
            self._at += 1
        return taken

    def take(self, statement: ast.stmt, *, until: Sequence[str] = (), test: str = "") -> list[TraceEvent]:
        """Take the events of a statement's own line and of the functions that it may call.

        Stops before a loop variable (`until`), after the outcome of a test, and after the values it sets.
        """
        calls = self._flow.may_call(statement)
        sets = stored_names(*statement.targets) if isinstance(statement, ast.Assign) else []
        taken = list(self._unsure) if calls else []
        while (event := self._next()) is not None:
            here = event.line == statement.lineno
            value = here and event.kind == "value"
            called = calls and event.line in self._flow.called_lines
            if (value and event.name in until) or not (here or called):
                break
            taken.append(event)
            self._at += 1
            if (here and event.kind == "branch" and event.name == test) or event.kind == "return":
                break
            if value and event.name in sets and not self._sets_more(statement.lineno, sets):
                break
        self._keep_unsure(taken, {statement.lineno})
        return taken

    def _sets_more(self, line: int, names: Sequence[str]) -> bool:
        event = self._next()
        return event is not None and event.line == line and event.kind == "value" and event.name in names

    def _keep_unsure(self, taken: Sequence[TraceEvent], lines: set[int]) -> None:
        """Remember the events after the last of the statement's own: a later call may have made them."""
        last = max((i for i, event in enumerate(taken) if event.line in lines), default=-1)
        if taken:
            self._unsure = list(taken[last + 1 :])

    def take_all(self, statement: ast.stmt) -> list[TraceEvent]:
        """Take the events of all lines of a statement, and of functions that may be called."""
        lines = {n.lineno for n in ast.walk(statement) if isinstance(n, ast.stmt | ast.expr)}
        taken = list(self._unsure)
        while (event := self._next()) is not None and event.line in lines | self._flow.called_lines:
            taken.append(event)
            self._at += 1
        self._keep_unsure(taken, lines)
        return taken


def _lines(statements: Sequence[ast.stmt]) -> set[int]:
    return {n.lineno for s in statements for n in ast.walk(s) if isinstance(n, ast.stmt)}
