"""The run that becomes a question's rationale: its verdict, trace and program put together.

What does not fit together, such as a verdict whose trace is missing, is set aside with a reason; the others
are unharmed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from vpd.errors import ConfigError
from vpd.execution.trace import Kind, TraceEvent, events_from_json
from vpd.rationale.provenance import executed_sources
from vpd.records import PROGRAMS, QUESTIONS, TRACES, VERDICTS, Trace, Verdict
from vpd.stage import Inputs
from vpd.tools.methods import Method
from vpd.tools.toolset import methods_of

_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, AssertionError, RecursionError)


@dataclass(frozen=True)
class Chosen:
    """The run whose trace becomes a question's rationale."""

    verdict: Verdict
    trace: Trace
    source: str
    events: tuple[TraceEvent, ...]
    methods: Mapping[str, Method]


@dataclass(frozen=True)
class Dropped:
    """A rationale that is not used: its text, if there is one, and what is wrong."""

    question_id: str
    text: str
    kind: str
    problem: str


def chosen_runs(inputs: Inputs) -> tuple[dict[str, Chosen], list[Dropped]]:
    """Return the chosen run of each question that has one, and what was chosen but cannot be used.

    Of several chosen verdicts for one question the first by id counts.
    """
    rows = sorted(VERDICTS.rows(inputs[VERDICTS.name]), key=lambda v: v.verdict_id)
    known = _Known(inputs)
    chosen: dict[str, Chosen] = {}
    dropped: list[Dropped] = []
    for verdict in (row for row in rows if row.chosen):
        first = chosen.get(verdict.question_id)
        run = known.run_of(verdict) if first is None else _second(verdict, first)
        if isinstance(run, Dropped):
            dropped.append(run)
        else:
            chosen[verdict.question_id] = run
    return chosen, dropped


class _Known:
    def __init__(self, inputs: Inputs) -> None:
        self._traces = {t.trace_id: t for t in TRACES.rows(inputs[TRACES.name])}
        self._asked = {q.question_id: q.asks for q in QUESTIONS.rows(inputs[QUESTIONS.name])}
        self._sources = executed_sources(PROGRAMS.rows(inputs[PROGRAMS.name]))

    def run_of(self, verdict: Verdict) -> Chosen | Dropped:
        """Return the run of a verdict, or why there is none."""
        asked, trace = self._asked.get(verdict.question_id), self._traces.get(verdict.trace_id or "")
        if asked is None:
            return _unusable(verdict, "verdict", "its question is not in the shard; verify the shard again")
        if trace is None:
            missing = f"there is no trace {verdict.trace_id}"
            return _unusable(verdict, "trace", f"{missing}; execute the shard again, then verify it")
        source = self._sources.get((asked, trace.program_id))
        if source is None:
            missing = f"no candidate is the program {trace.program_id} of trace {trace.trace_id}"
            return _unusable(
                verdict, "trace", f"{missing}; sample the shard again, then execute and verify it"
            )
        try:
            methods = methods_of(trace.tools_version)
            events = _readable(events_from_json(trace.events_json), methods)
        except (ConfigError, *_UNREADABLE) as error:
            what = f"the events of trace {trace.trace_id} cannot be read ({type(error).__name__}: {error})"
            return _unusable(verdict, "trace", f"{what}; execute the shard again with this version of vpd")
        return Chosen(verdict, trace, source, events, methods)


def _readable(events: tuple[TraceEvent, ...], methods: Mapping[str, Method]) -> tuple[TraceEvent, ...]:
    """Return events of known kinds whose calls fit their methods; raises ValueError for others."""
    for event in events:
        if event.kind not in get_args(Kind):
            raise ValueError(f"event {event.seq} is of the unknown kind {event.kind!r}")
        method = methods.get(event.name) if event.kind == "tool" else None
        if method is not None and event.value is not None and len(event.args) != len(method.parameters):
            raise ValueError(f"event {event.seq} calls {event.name} with {len(event.args)} arguments")
    return events


def _second(verdict: Verdict, first: Chosen) -> Dropped:
    what = f"question {verdict.question_id} has the chosen verdict {first.verdict.verdict_id} already"
    return _unusable(verdict, "verdict", f"{what}; verify the shard again")


def _unusable(verdict: Verdict, kind: str, what: str) -> Dropped:
    return Dropped(verdict.question_id, "", kind, f"verdict {verdict.verdict_id}: {what}")
