"""Whether every example still is what was made from the run behind it, and every rationale true of its trace.

    altered      the id is not that of question, mode and target: one of them was changed afterwards
    gone         the shard's tables cannot be read, or question, picture, verdict, trace or program is gone
    verdict      the verdict is no longer the chosen one of this question and trace
    answer       the answer is not what the run answered
    trace        the events of the trace cannot be read, as those of another version of vpd
    claim, omitted, ...  what `vpd.rationale.faithful.check_rationale` finds

All of a rationale's evidence lies in its own shard, so one shard is in memory at a time.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from vpd.errors import ConfigError, StoreError
from vpd.execution.trace import events_from_json
from vpd.fitness.report import Facts, Problem
from vpd.fitness.shard import Shard
from vpd.rationale.faithful import check_rationale
from vpd.rationale.provenance import example_id, executed_sources
from vpd.records import IMAGES, PROGRAMS, TRACES, VERDICTS, Example, Image, Trace, Verdict
from vpd.scoring.normalize import normalize
from vpd.tools.toolset import methods_of

Found = Iterator[tuple[str, str]]
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, AssertionError, RecursionError, ConfigError)


class FaithfulnessCheck:
    """Holds every rationale of each shard against its trace again."""

    def __init__(self) -> None:
        self._rationales = 0

    def look(self, shard: Shard) -> Iterator[Problem]:
        """Yield what is wrong with each example."""
        for example in shard.examples:
            if example.example_id != _id(example):
                message = "its target is not the one that its id was made from"
                yield Problem("altered", shard.name, example.example_id, message)
        rationales = [e for e in shard.examples if e.mode == "rationale"]
        self._rationales += len(rationales)
        if not rationales:
            return
        try:
            evidence = _Evidence(shard)
        except StoreError as error:
            yield Problem("gone", shard.name, "", str(error))
            return
        for example in rationales:
            for kind, message in evidence.against(example):
                yield Problem(kind, shard.name, example.example_id, message)

    def facts(self) -> Facts:
        """Return how many rationales were held against their traces."""
        return {"rationales": self._rationales}


@dataclass(frozen=True)
class _Run:
    """What a rationale tells of."""

    verdict: Verdict
    trace: Trace
    image: Image
    source: str


class _Evidence:
    """What the examples of a shard were made from; raises StoreError if a table cannot be read."""

    def __init__(self, shard: Shard) -> None:
        self._questions = shard.questions
        self._images = {i.image_id: i for i in shard.rows(IMAGES)}
        self._verdicts = {v.verdict_id: v for v in shard.rows(VERDICTS)}
        self._traces = {t.trace_id: t for t in shard.rows(TRACES)}
        self._sources = executed_sources(shard.rows(PROGRAMS))

    def against(self, example: Example) -> Found:
        """Yield what speaks against a rationale."""
        run = self._run(example)
        if isinstance(run, str):
            yield "gone", f"{run} is gone: materialise the shard again"
            return
        verdict, trace = run.verdict, run.trace
        behind = (verdict.question_id, verdict.trace_id, trace.question_id)
        if not verdict.chosen or behind != (example.question_id, example.trace_id, example.question_id):
            yield "verdict", f"verdict {verdict.verdict_id} is no longer the chosen one: materialise it again"
            return
        if normalize(trace.answer or "") != example.answer:
            yield "answer", f"its answer is {example.answer!r}, the run answered {trace.answer!r}"
        yield from _untrue(example.target, run)

    def _run(self, example: Example) -> _Run | str:
        """Return the run behind a rationale, or what of it is gone."""
        question, image = self._questions.get(example.question_id), self._images.get(example.image_id)
        verdict = self._verdicts.get(example.verdict_id or "")
        trace = self._traces.get(example.trace_id or "")
        if question is None or image is None:
            return f"its question {example.question_id} or picture {example.image_id}"
        if verdict is None or trace is None:
            return f"its verdict {example.verdict_id} or trace {example.trace_id}"
        source = self._sources.get((question.asks, trace.program_id))
        return f"its program {trace.program_id}" if source is None else _Run(verdict, trace, image, source)


def _untrue(text: str, run: _Run) -> Found:
    trace, image = run.trace, run.image
    try:
        events = events_from_json(trace.events_json)
        methods = methods_of(trace.tools_version)
    except _UNREADABLE as error:
        yield "trace", f"the events of trace {trace.trace_id} cannot be read: {error!r}"
        return
    answer = trace.answer or ""
    for problem in check_rationale(text, run.source, events, answer, image.width, image.height, methods):
        yield problem.kind, problem.message


def _id(example: Example) -> str:
    return example_id(example.question_id, example.mode, example.target)
