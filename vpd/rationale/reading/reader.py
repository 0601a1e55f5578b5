"""Reads a run for what it gives to say, in the order in which it came up: one note per fact, repeats merged.

The run is followed step by step (`vpd.rationale.slicing.steps`); only steps that the answer depends on give
notes (`vpd.rationale.slicing.needed`). Tool results become notes as they are; what the program compared,
selected, counted or added up is worked out from its source (`vpd.rationale.reading.places`,
`vpd.rationale.reading.results`).

Not here: the words (`vpd.rationale.telling.speaker`).
"""

import ast
from collections.abc import Mapping, Sequence
from contextlib import suppress

from vpd.execution.trace import PatchRef, TraceEvent
from vpd.geometry import Box
from vpd.rationale.nouns import name_key
from vpd.rationale.reading.notes import Exists, Found, Note, Notebook, Property, Replies, Told
from vpd.rationale.reading.places import note_places
from vpd.rationale.reading.replay import after, one_line_functions
from vpd.rationale.reading.results import note_frequent, note_results, note_sum
from vpd.rationale.reading.scope import Scope
from vpd.rationale.reading.values import Unknown
from vpd.rationale.slicing.flow import Flow, flow_of
from vpd.rationale.slicing.needed import events_of, needed_steps, without_repeats
from vpd.rationale.slicing.steps import Step, Unaligned, steps_of
from vpd.rationale.slicing.syntax import counts_replies, own_expressions, seeks_false
from vpd.scoring.normalize import normalize
from vpd.tools.methods import Method


def take_notes(
    source: str, events: Sequence[TraceEvent], width: int, height: int, methods: Mapping[str, Method]
) -> list[Note]:
    """Return the notes of a run of the canonical program `source` on a picture of this size in pixels.

    Of a trace that cannot be followed along the program only the tool results are noted.
    """
    flow = flow_of(source)
    picture = PatchRef(0, "", Box(0, 0, width, height))
    try:
        steps = steps_of(flow, events)
        needed = needed_steps(flow, steps)
    except Unaligned:
        steps = needed = [Step(ast.Pass(lineno=0), "whole", tuple(events))]
    scope = Scope(picture, methods, one_line_functions(flow.tree))
    reader = _Reader(flow, scope, {e.seq for e in without_repeats(events_of(needed))})
    of_use = set(map(id, needed))
    for step in steps:
        reader.read(step, needed=id(step) in of_use)
    return list(reader.book.notes.values())


class _Reader:
    def __init__(self, flow: Flow, scope: Scope, said: set[int]) -> None:
        self.book = Notebook()
        self._flow = flow
        self._scope = scope
        self._said = said

    def read(self, step: Step, *, needed: bool) -> None:
        """Take in one step; one that is not needed is remembered but gives no note."""
        calls = [event for event in step.events if event.kind == "tool"]
        for event in calls:
            self._scope.add_call(event)
        if needed:
            self._note(step, [event for event in calls if event.seq in self._said])
        self._scope = after(step, self._scope, self._flow)

    def _note(self, step: Step, calls: Sequence[TraceEvent]) -> None:
        """Note what was found, then where things are, what was answered, and what came of it."""
        for event in (e for e in calls if isinstance(e.value, tuple)):
            self._note_tool(event, step.statement)
        for expression in _evaluated(step):
            note_places(expression, self._scope, self.book)
        for event in (e for e in calls if not isinstance(e.value, tuple)):
            self._note_tool(event, step.statement)
        for expression in _evaluated(step) if not isinstance(step.statement, ast.While) else ():
            note_results(expression, self._scope, self.book)
        self._note_running_sum(step.statement)
        if counts_replies(step.statement):
            said = [
                e.value for e in step.events if e.kind in ("value", "return") and isinstance(e.value, str)
            ]
            for reply in said[-1:]:
                note_frequent(reply, self.book)

    def _note_running_sum(self, statement: ast.stmt) -> None:
        """Note `n += len(xs)`."""
        match statement:
            case ast.AugAssign(ast.Name(name), ast.Add() | ast.Sub() as op, value):
                if name in self._scope.names and not isinstance(value, ast.Constant):
                    with suppress(Unknown):
                        note_sum(self._scope.names[name], op, self._scope.evaluate(value), self.book)

    def _note_tool(self, event: TraceEvent, statement: ast.stmt) -> None:
        patch, method = event.patch or self._scope.picture, self._scope.methods.get(event.name)
        if method is not None and method.returns_patches and isinstance(event.value, tuple):
            name = method.named(event.args)
            patches = tuple(p for p in event.value if isinstance(p, PatchRef))
            self.book.add(("find", patch.box, name_key(name)), Found(patch, name, patches))
        elif method is not None and method.says and event.value is not None:
            told = Told(method, patch if method.looks else None, event.args, event.value)
            self.book.add(("told", event.name, told.patch and patch.box, event.args), told)
        else:
            self._note_answer(event, patch, statement)

    def _note_answer(self, event: TraceEvent, patch: PatchRef, statement: ast.stmt) -> None:
        of = name_key(patch.name)
        match event.name, event.args, event.value:
            case "exists", (str(name),), bool(there):
                if ("find", patch.box, name_key(name)) not in self.book.notes:
                    self.book.add(("exists", patch.box, name_key(name)), Exists(patch, name, there))
            case "verify_property", (str(name), str(prop)), bool(holds):
                verified = Property(name, normalize(prop), not seeks_false(statement))
                about = "property", name_key(name), verified.prop, of
                self.book.add(about, verified).holds.setdefault(patch, holds)
            case "simple_query", (str(question),), reply:
                asked = self.book.add(("reply", normalize(question), of), Replies(question))
                asked.replies.setdefault(patch, normalize(str(reply)))
            case "best_text_match", options, reply:
                matched = self.book.add(("match", options, of), Replies(None))
                matched.replies.setdefault(patch, normalize(str(reply)))


def _evaluated(step: Step) -> list[ast.expr]:
    """Return the expressions that a step evaluated."""
    if step.part in ("item", "end"):
        return []
    if isinstance(step.statement, ast.Try | ast.Match) or (
        step.part == "whole" and isinstance(step.statement, ast.For | ast.While)
    ):
        return []
    return own_expressions(step.statement)
