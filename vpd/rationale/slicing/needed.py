"""Which events of a run its answer depends on: a dynamic backward slice over the trace.

Starting at the step that returned: a variable that a needed step reads needs the steps that last set it, and
those that changed its value in place since; a step needs the tests and loops that decided that it ran, those
that could have left before it, and those that could have set its variables otherwise. (Relevant slicing;
Agrawal and others, 1993.) Where the trace does not settle it an event is kept, so none that matters is lost.

Not here: that a step which is not needed could have failed, or never ended, with other tool results.
"""

import ast
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence

from vpd.execution.trace import TraceEvent
from vpd.rationale.slicing.flow import Flow, flow_of
from vpd.rationale.slicing.steps import Step, Unaligned, steps_of
from vpd.rationale.slicing.syntax import stored_names


def needed_events(source: str, events: Sequence[TraceEvent]) -> tuple[TraceEvent, ...]:
    """Return the events that the answer of a run of the canonical program `source` depends on, in order.

    Of tool calls with equal method, region and arguments the first is kept. All events are needed if the
    trace cannot be followed along the program.
    """
    flow = flow_of(source)
    try:
        steps = steps_of(flow, events)
    except Unaligned:
        return without_repeats(events)
    return without_repeats(events_of(needed_steps(flow, steps)))


def needed_steps(flow: Flow, steps: Sequence[Step]) -> list[Step]:
    """Return the steps that the last one depends on, with it, in order."""
    slicer = _Slicer(flow, steps)
    return [steps[number] for number in sorted(slicer.needed)]


def events_of(steps: Sequence[Step]) -> list[TraceEvent]:
    """Return the events of steps in order; steps may share events."""
    by_number = {event.seq: event for step in steps for event in step.events}
    return [by_number[seq] for seq in sorted(by_number)]


def without_repeats(events: Sequence[TraceEvent]) -> tuple[TraceEvent, ...]:
    """Return events without tool calls that were made before."""
    first: dict[object, TraceEvent] = {}
    for event in events:
        region = event.patch and event.patch.box
        call = (event.name, region, event.args) if event.kind == "tool" else event.seq
        first.setdefault(call, event)
    return tuple(first.values())


class _Slicer:
    def __init__(self, flow: Flow, steps: Sequence[Step]) -> None:
        self._steps = steps
        self._flow = flow
        self._setting: dict[str, list[int]] = defaultdict(list)  # by variable: the steps that may set it
        for number, step in enumerate(steps):
            _, sets, changes = self._effect(step)
            for name in sets | changes | step.could:
                self._setting[name].append(number)
        self.needed: set[int] = set()
        self._seen: set[tuple[str, int]] = set()
        self._left = [len(steps) - 1]
        while self._left:
            self._need(self._left.pop())

    def _need(self, number: int) -> None:
        if number in self.needed:
            return
        self.needed.add(number)
        step = self._steps[number]
        self._left.extend(step.deciders)
        for name in self._effect(step)[0]:
            self._left.extend(self._givers(name, number))

    def _givers(self, name: str, before: int) -> list[int]:
        """Return the steps before one from which a variable can have its value."""
        setting = self._setting.get(name, [])
        found = []
        for number in reversed(setting[: bisect_left(setting, before)]):
            if (name, number) in self._seen:
                break
            self._seen.add((name, number))
            found.append(number)
            _, sets, _ = self._effect(self._steps[number])
            if name in sets:
                break
        return found

    def _effect(self, step: Step) -> tuple[set[str], set[str], set[str]]:
        """Return what a step reads, sets and changes in place."""
        effects, key = self._flow.effects, (step.statement, step.part)
        if key not in effects:
            effects[key] = self._new_effect(step)
        return effects[key]

    def _new_effect(self, step: Step) -> tuple[set[str], set[str], set[str]]:
        statement, flow = step.statement, self._flow
        match statement, step.part:
            case ast.For(), "enter" | "end":
                return flow.reads(statement, whole=False), set(), flow.changes(statement, whole=False)
            case ast.For(target), "item":
                return (
                    flow.reads(statement, whole=False),
                    set(stored_names(target)),
                    flow.changes(statement, whole=False),
                )
            case ((ast.For() | ast.While() | ast.Try() | ast.Match()), "whole"):
                return flow.reads(statement, whole=True), set(), flow.written(statement)
        return flow.reads(statement, whole=False), flow.sets(statement), flow.changes(statement, whole=False)
