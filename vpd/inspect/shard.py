"""The runs of one shard, read from the store once: every distinct program of every question with its run."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from vpd.errors import StoreError
from vpd.execution.limits import Limit
from vpd.execution.trace import Outcome, Run, events_from_json
from vpd.inspect.view import TraceView, status
from vpd.records import IMAGES, PROGRAMS, QUESTIONS, TRACES, Candidate, Question, Trace
from vpd.store import ArtifactStore
from vpd.verification.evidence import Evidence, gather


@dataclass(frozen=True)
class JudgedRun:
    """A program's run on a question, with what verification knows of it before any policy."""

    question: Question
    evidence: Evidence

    @property
    def right(self) -> bool | None:
        """Whether the answer equals a label; None without label or without answer."""
        return None if self.evidence.answer is None else self.evidence.correct

    @property
    def status(self) -> str:
        """The result in one word."""
        return status(self.evidence.outcome, self.right)


class ShardRuns:
    """Questions, programs and traces of a committed shard."""

    def __init__(self, store: ArtifactStore, shard: str) -> None:
        """Read the shard. Raises MissingShardError or CorruptShardError."""
        self._store = store
        self.questions = QUESTIONS.rows(store.read_shard(QUESTIONS, shard))
        self._programs = _by_what_is_asked(PROGRAMS.rows(store.read_shard(PROGRAMS, shard)))
        self.traces = TRACES.rows(store.read_shard(TRACES, shard))
        self._refs = dict(store.read_shard(IMAGES, shard).select("image_id", "image_ref").iter_rows())

    def judged(self) -> Iterator[JudgedRun]:
        """Yield every question's distinct programs, those that do not parse too."""
        traces: dict[str, dict[str, Trace]] = {}
        for trace in self.traces:
            traces.setdefault(trace.question_id, {})[trace.program_id] = trace
        for question in sorted(self.questions, key=lambda q: q.question_id):
            programs = self._programs.get(question.asks, [])
            for evidence in gather(question, programs, traces.get(question.question_id, {})):
                yield JudgedRun(question, evidence)

    def view(self, judged: JudgedRun) -> TraceView:
        """Return everything there is to show of a run."""
        candidate, trace = judged.evidence.candidate, judged.evidence.trace
        question = judged.question
        return TraceView(
            run=_run(judged.evidence),
            source=candidate.source,
            picture=self._picture(question.image_id),
            image_ref=self._refs.get(question.image_id, question.image_id),
            tools_version="" if trace is None else trace.tools_version,
            isolation="" if trace is None else trace.isolation,
            trace_id=None if trace is None else trace.trace_id,
            program_id=candidate.program_id,
            question=question,
            right=judged.right,
        )

    def _picture(self, image_id: str) -> bytes | None:
        try:
            return self._store.get_blob(image_id)
        except StoreError:
            return None


def _by_what_is_asked(candidates: list[Candidate]) -> dict[tuple[str, tuple[str, ...]], list[Candidate]]:
    """Return the candidates of each question; of those that are the same program the one that was run."""
    found: dict[tuple[str, tuple[str, ...]], dict[str, Candidate]] = {}
    for candidate in sorted(candidates, key=lambda c: (c.sample_index, c.candidate_id)):
        key = candidate.program_id or candidate.candidate_id
        found.setdefault(candidate.asks, {}).setdefault(key, candidate)
    return {asks: list(programs.values()) for asks, programs in found.items()}


def _run(evidence: Evidence) -> Run:
    trace, outcome = evidence.trace, cast(Outcome, evidence.outcome)
    if trace is None:
        return Run(outcome, None, (), evidence.problem)
    events = events_from_json(trace.events_json)
    counts = trace.tool_calls, trace.cached_calls, trace.seconds
    limit = cast(Limit | None, trace.limit_reached)
    return Run(outcome, trace.answer, events, trace.message, trace.line, *counts, limit)
