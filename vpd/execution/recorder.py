"""The steps of one run, put together on the host from what the sandbox reports and what the tools answer.

The sandbox's reports are untrusted: an event that does not belong to a site of the program, or whose value
is not plain, is dropped; texts are cut, and the size of all values together is limited. Patches are known by
their number in the run; the boxes are the host's own.
"""

import math
from typing import Any

from vpd.execution.instrument import Site
from vpd.execution.limits import Limit, Limits
from vpd.execution.trace import PatchRef, TraceEvent, Value
from vpd.geometry import Box
from vpd.tools.methods import Method, Plain
from vpd.tools.protocol import ToolFailure, ToolResult

_PRINTED = -1
_DEEPEST = 6
_LONGEST_TEXT = 500
_LARGEST_BITS = 64
_MOST_RECORDED = 1_000_000  # characters and items; a rationale needs a few hundred


class OverBudget(Exception):
    """The run reached a limit that the host counts."""

    def __init__(self, limit: Limit, message: str) -> None:
        super().__init__(message)
        self.limit = limit


class _NotPlain(Exception):
    """A reported value is of a kind that traces do not keep."""


class Recorder:
    """Events and patches of one run."""

    def __init__(self, sites: tuple[Site, ...], whole: Box, limits: Limits) -> None:
        self._sites = sites
        self._limits = limits
        self._printed = self._recorded = 0
        self._patches = [PatchRef(0, "image", whole)]
        self._events: list[TraceEvent] = []

    @property
    def events(self) -> tuple[TraceEvent, ...]:
        """The events so far, in order."""
        return tuple(self._events)

    def patch(self, number: Any) -> PatchRef | None:
        """Return the patch of this number, or None if the run has none."""
        known = type(number) is int and 0 <= number < len(self._patches)
        return self._patches[number] if known else None

    def new_patch(self, name: str, box: Box) -> PatchRef:
        """Give a region the next number."""
        patch = PatchRef(len(self._patches), name, box)
        self._patches.append(patch)
        return patch

    def report(self, reported: Any) -> None:
        """Take over the events that the sandbox recorded since the last call. Raises OverBudget."""
        for event in reported if isinstance(reported, list) else ():
            if isinstance(event, tuple) and len(event) == 2 and type(event[0]) is int:
                self._report(event[0], event[1])

    def _report(self, number: int, value: Any) -> None:
        if number == _PRINTED and type(value) is int:
            self._printed += max(0, value)
            if self._printed > self._limits.output_characters:
                raise OverBudget("output", f"printed more than {self._limits.output_characters} characters")
        elif 0 <= number < len(self._sites):
            site = self._sites[number]
            try:
                plain = self._value(value, 0)
            except _NotPlain:
                return
            self._add(TraceEvent(len(self._events), site.line, site.kind, site.name, plain))

    def tool(
        self,
        line: int,
        method: Method,
        patch: PatchRef,
        args: tuple[Plain, ...],
        answer: ToolResult | ToolFailure,
    ) -> Value:
        """Record a call and return its value, with patches for detections; a failure has no value."""
        confidence = None
        if isinstance(answer, ToolFailure):
            value: Value = None
        elif method.returns_patches:
            assert isinstance(answer.value, tuple)
            name = method.named(args)
            value = tuple(self.new_patch(name, found.box) for found in answer.value)  # type: ignore[union-attr]
            confidence = answer.confidence
        else:
            value, confidence = answer.value, answer.confidence  # type: ignore[assignment]
        seq = len(self._events)
        self._add(TraceEvent(seq, line, "tool", method.name, value, patch, args, confidence))
        return value

    def _add(self, event: TraceEvent) -> None:
        if len(self._events) >= self._limits.events:
            raise OverBudget("events", f"made more than {self._limits.events} steps")
        self._events.append(event)

    def _value(self, value: Any, depth: int) -> Value:
        """Return a reported value as a trace keeps it."""
        self._recorded += 1 + (len(value) if isinstance(value, str) else 0)
        if self._recorded > _MOST_RECORDED:
            raise OverBudget("events", f"made steps with values of more than {_MOST_RECORDED} characters")
        if isinstance(value, str):
            return value[:_LONGEST_TEXT].encode(errors="replace").decode()
        if value is None or (isinstance(value, int) and value.bit_length() <= _LARGEST_BITS):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        if isinstance(value, dict) and (patch := self.patch(value.get("patch"))) is not None:
            return patch
        if isinstance(value, list) and depth < _DEEPEST:
            return tuple(self._value(item, depth + 1) for item in value)
        raise _NotPlain
