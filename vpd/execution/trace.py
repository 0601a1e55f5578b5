"""A trace: the typed events of one program run, from which rationales are rendered and checked.

Lines count in the canonical program (`vpd.execution.program`). Events of one run are numbered from 0 in the
order in which they happened; the same program on the same picture with the same tools gives the same events,
whatever else runs. Timings and cache hits depend on scheduling and are kept apart.
"""

import json
from dataclasses import dataclass
from typing import Any, Literal

from vpd.execution.limits import Limit
from vpd.geometry import Box
from vpd.records import canonical_json
from vpd.tools.methods import Plain

Kind = Literal["tool", "value", "branch", "return"]
Outcome = Literal["answered", "syntax", "unsupported", "policy", "vocabulary", "runtime", "budget", "crash"]


@dataclass(frozen=True, slots=True)
class PatchRef:
    """A patch as the trace knows it: a number within the run (0 is the whole picture), name and box."""

    number: int
    name: str
    box: Box


Value = Plain | PatchRef | tuple["Value", ...]


@dataclass(frozen=True, slots=True)
class TraceEvent:
    """One step.

    tool:   `name` is the ImagePatch method, `patch` what it was called on, `value` what it gave
    value:  the variable `name` was given a plain `value` (or patches)
    branch: the test with source text `name` came out as `value`
    return: the program returned `value`; `name` is the source text of the expression
    """

    seq: int
    line: int
    kind: Kind
    name: str
    value: Value
    patch: PatchRef | None = None
    args: tuple[Value, ...] = ()
    confidence: float | None = None


@dataclass(frozen=True)
class Run:
    """What one program did on one picture."""

    outcome: Outcome
    answer: str | None
    events: tuple[TraceEvent, ...]
    message: str | None = None
    line: int | None = None
    tool_calls: int = 0
    cached_calls: int = 0
    seconds: float = 0.0
    limit: Limit | None = None
    """The limit that was reached, if the outcome is budget."""


def events_to_json(events: tuple[TraceEvent, ...]) -> str:
    """Return canonical JSON of the events; numbers with a fraction are rounded to 4 digits."""
    return canonical_json([_event_out(e) for e in events])


def events_from_json(text: str) -> tuple[TraceEvent, ...]:
    """Return the events of canonical JSON."""
    return tuple(_event_in(e) for e in json.loads(text))


def _event_out(event: TraceEvent) -> dict[str, Any]:
    out: dict[str, Any] = {"seq": event.seq, "line": event.line, "kind": event.kind, "name": event.name}
    out["value"] = _value_out(event.value)
    if event.patch is not None:
        out["patch"] = _value_out(event.patch)
    if event.args:
        out["args"] = [_value_out(a) for a in event.args]
    if event.confidence is not None:
        out["confidence"] = round(event.confidence, 4)
    return out


def _event_in(data: dict[str, Any]) -> TraceEvent:
    patch = _value_in(data["patch"]) if "patch" in data else None
    assert patch is None or isinstance(patch, PatchRef)
    return TraceEvent(
        data["seq"],
        data["line"],
        data["kind"],
        data["name"],
        _value_in(data["value"]),
        patch,
        tuple(_value_in(a) for a in data.get("args", [])),
        data.get("confidence"),
    )


def _value_out(value: Value) -> Any:
    if isinstance(value, PatchRef):
        box = [round(v, 2) for v in (value.box.left, value.box.top, value.box.right, value.box.bottom)]
        return {"patch": value.number, "name": value.name, "box": box}
    if isinstance(value, tuple):
        return [_value_out(v) for v in value]
    return round(value, 4) if isinstance(value, float) else value


def _value_in(data: Any) -> Value:
    if isinstance(data, dict):
        return PatchRef(data["patch"], data["name"], Box(*data["box"]))
    return tuple(_value_in(v) for v in data) if isinstance(data, list) else data
