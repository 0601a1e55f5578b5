"""One run as people look at it: what was asked, the program line by line, every step, what came out.

Not here: how it is drawn (`vpd.inspect.terminal`, `vpd.inspect.page`) and read (`vpd.inspect.shard`).
"""

import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal

from vpd.execution.trace import Run, TraceEvent, events_to_json
from vpd.inspect.lines import executed_lines
from vpd.inspect.wording import shown, visible
from vpd.records import Question, Verdict

Kind = Literal["right", "wrong", "failed"]
"""Colours of ends: of good ones, of answers that are not right, and of runs that gave none."""

_VALUES_SHOWN = 4  # of one variable beside its line
_LONGEST_NOTE = 120


@dataclass(frozen=True)
class Line:
    """A line of the program. `lit`: it was executed; None if that is not known. `steps`: their numbers."""

    number: int
    text: str
    lit: bool | None
    stopped: bool
    steps: tuple[int, ...]
    note: str


@dataclass(frozen=True)
class TraceView:
    """A run with everything it belongs to. `picture` is the stored file, None if it is gone.

    `right` compares the answer with the label as verification does; None without label or without answer.
    """

    run: Run
    source: str
    picture: bytes | None
    image_ref: str
    tools_version: str
    isolation: str
    trace_id: str | None = None
    program_id: str | None = None
    question: Question | None = None
    right: bool | None = None
    verdicts: tuple[Verdict, ...] = ()

    @property
    def status(self) -> str:
        """The result in one word: right, wrong, answered (no label to compare with), or another outcome."""
        return status(self.run.outcome, self.right)

    @cached_property
    def executed(self) -> frozenset[int] | None:
        """The executed lines, None if that is not known."""
        return executed_lines(self.source, self.run)

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The program's lines with what happened on each."""
        steps: dict[int, list[TraceEvent]] = defaultdict(list)
        for event in self.run.events:
            steps[event.line].append(event)
        failed = self.run.line if self.run.outcome != "answered" else None
        return tuple(
            Line(
                number,
                text,
                None if self.executed is None else number in self.executed,
                number == failed,
                tuple(event.seq for event in steps[number]),
                _note(text, steps[number]),
            )
            for number, text in enumerate(self.source.split("\n"), start=1)
        )

    def as_dict(self) -> dict[str, Any]:
        """Return plain data with every column and step; boxes in pixels of the picture."""
        run = self.run
        return {
            "trace_id": self.trace_id,
            "question": None if self.question is None else asdict(self.question),
            "image_ref": self.image_ref,
            "program_id": self.program_id,
            "program": self.source,
            "executed_lines": None if self.executed is None else sorted(self.executed),
            "events": json.loads(events_to_json(run.events)),
            "outcome": run.outcome,
            "answer": run.answer,
            "message": run.message,
            "line": run.line,
            "limit_reached": run.limit,
            "right": self.right,
            "verdicts": [asdict(verdict) for verdict in self.verdicts],
            "tool_calls": run.tool_calls,
            "cached_calls": run.cached_calls,
            "seconds": run.seconds,
            "tools": self.tools_version,
            "isolation": self.isolation,
        }


def status(outcome: str, right: bool | None) -> str:
    """Return the result of a run in one word."""
    return outcome if right is None else "right" if right else "wrong"


def _note(text: str, events: list[TraceEvent]) -> str:
    """Return what a line's variables became and how its test came out, the last few times."""
    history: dict[str, list[str]] = defaultdict(list)
    for event in events:
        if event.kind == "value":
            history[f"{visible(event.name)} = "].append(shown(event.value))
        elif event.kind == "return":
            history["returns "].append(shown(event.value))
        elif text.strip() in [f"{keyword} {event.name}:" for keyword in ("if", "elif", "while")]:
            history[""].append(shown(event.value))
    return "; ".join(head + _short(values) for head, values in history.items())[:_LONGEST_NOTE]


def _short(values: list[str]) -> str:
    more = "… → " if len(values) > _VALUES_SHOWN else ""
    return more + " → ".join(values[-_VALUES_SHOWN:])
