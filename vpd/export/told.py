"""Rationales of right and wrong runs, with the facts of the run behind each.

They are rendered as those of the examples are, with the same choice of phrasings for the same question, so
that equal steps of two runs are equal sentences.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from vpd.execution.trace import events_from_json
from vpd.export.tries import Tried, Tries
from vpd.rationale.checking.closing import Closing, closing_of, sentences_of
from vpd.rationale.checking.facts import Facts
from vpd.rationale.render import render
from vpd.records import Image, Trace
from vpd.tools.toolset import methods_of


@dataclass(frozen=True)
class Told:
    """A run and the rationale of it."""

    tried: Tried
    text: str
    facts: Facts

    @property
    def claims(self) -> tuple[str, ...]:
        """The sentences before the answer."""
        return self._closing.claims

    @property
    def sentences(self) -> list[str]:
        """All sentences; the last gives the answer."""
        return [*self._closing.claims, self._closing.text]

    @cached_property
    def _closing(self) -> Closing:
        return closing_of(sentences_of(self.text))


def tell(tries: Tries, traces: Mapping[str, Trace], image: Image) -> Iterator[Told]:
    """Yield what each run of a question that answered tells; one whose events cannot be read is left out."""
    for tried in tries.tried:
        trace = None if tried.trace_id is None else traces.get(tried.trace_id)
        if trace is None:
            continue
        try:
            events = events_from_json(trace.events_json)
        except (ValueError, KeyError, TypeError, AssertionError):
            continue
        methods, size = methods_of(trace.tools_version), (image.width, image.height)
        seed = tries.question.question_id
        text = render(tried.source, events, trace.answer or "", *size, methods, seed=seed)
        yield Told(tried, text, Facts(events, *size, methods))
