"""Stage: every distinct program of a question's text runs once on the question's picture.

Candidates with a known problem are not run. Of candidates with the same `program_id` the first by sample
index is run; the others share its trace. A picture that is gone or damaged ends its runs with the outcome
`crash`; the other rows are unharmed.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace

from vpd.errors import StoreError
from vpd.execution.counters import Counters
from vpd.execution.order import staggered
from vpd.execution.pictures import Pictures
from vpd.execution.program_engine import ProgramEngine
from vpd.execution.run import Job
from vpd.execution.trace import Run, events_to_json
from vpd.records import IMAGES, PROGRAMS, QUESTIONS, TRACES, Candidate, Image, Question, Trace, stable_id
from vpd.stage import Inputs, ShardResult, Stage, StageOutput, Stats, run_stage
from vpd.store import ArtifactStore

MOST_SIDE_BY_SIDE = 64  # questions whose first candidates run side by side
STAGE = Stage(TRACES, version="2", upstream=(IMAGES, QUESTIONS, PROGRAMS))


@dataclass(frozen=True)
class _Task:
    question: Question
    program: Candidate


def execute_programs(store: ArtifactStore, shard: str, engine: ProgramEngine) -> ShardResult:
    """Commit the traces of one shard: one row per question and distinct program of its text.

    Raises SandboxError if the sandbox itself fails; what a program, a tool or a picture does is an outcome.
    """
    settings = {"tools": engine.tools_version, "limits": asdict(engine.settings.limits)}
    return run_stage(store, STAGE, shard, settings, lambda upstream: _execute(store, engine, upstream))


def _execute(store: ArtifactStore, engine: ProgramEngine, upstream: Inputs) -> StageOutput:
    before, started = replace(engine.counters), time.monotonic()
    rows: list[Trace] = []

    pictures, tasks = Pictures(store), _tasks(upstream)
    block = _block(IMAGES.rows(upstream[IMAGES.name]), tasks, pictures.budget)

    def jobs() -> Iterator[Job]:
        for task in staggered(tasks, block):
            try:
                yield Job(task.program.source, pictures.get(task.question.image_id), task)
            except StoreError as error:
                rows.append(_row(task, Run("crash", None, (), str(error)), engine))

    rows.extend(_row(job.tag, run, engine) for job, run in engine.run(jobs()))
    rows.sort(key=lambda row: row.trace_id)
    return StageOutput(
        TRACES.frame(rows), _stats(rows, engine, engine.counters.since(before), time.monotonic() - started)
    )


def _tasks(upstream: Inputs) -> list[list[_Task]]:
    """Return what there is to run by question, picture by picture."""
    programs: dict[tuple[str, tuple[str, ...]], dict[str, Candidate]] = {}
    for candidate in sorted(PROGRAMS.rows(upstream[PROGRAMS.name]), key=lambda c: c.sample_index):
        if candidate.program_id is not None and candidate.problem is None:
            programs.setdefault(candidate.asks, {}).setdefault(candidate.program_id, candidate)
    questions = sorted(QUESTIONS.rows(upstream[QUESTIONS.name]), key=lambda q: (q.image_id, q.question_id))
    return [[_Task(q, candidate) for candidate in programs.get(q.asks, {}).values()] for q in questions]


def _block(images: Sequence[Image], tasks: Sequence[Sequence[_Task]], budget: int) -> int:
    """Return how many questions run side by side, so that all pictures under way fit the budget at once.

    Then each is decoded once. As many blocks are under way as a question has programs, and the next begins.
    """
    sizes = [3 * image.width * image.height for image in images]
    under_way = sum(sizes) / max(1, len(tasks)) * (1 + max(map(len, tasks), default=0))
    room = budget - max(sizes, default=0)  # questions of one picture may lie in two blocks
    return min(MOST_SIDE_BY_SIDE, max(1, int(room / max(1.0, under_way))))


def _row(task: _Task, run: Run, engine: ProgramEngine) -> Trace:
    question_id, program_id = task.question.question_id, task.program.program_id
    assert program_id is not None
    return Trace(
        trace_id=stable_id("trace", question_id, program_id),
        question_id=question_id,
        image_id=task.question.image_id,
        program_id=program_id,
        outcome=run.outcome,
        answer=run.answer,
        message=run.message,
        line=run.line,
        limit_reached=run.limit,
        events_json=events_to_json(run.events),
        tool_calls=run.tool_calls,
        cached_calls=run.cached_calls,
        tools_version=engine.tools_version,
        isolation=engine.isolation,
        seconds=run.seconds,
    )


def _stats(rows: list[Trace], engine: ProgramEngine, done: Counters, seconds: float) -> Stats:
    asked = done.calls - done.cached
    reason = {"isolation_reason": engine.isolation_reason} if engine.isolation_reason else {}
    return {
        "runs": len(rows),
        "outcomes": dict(sorted(Counter(row.outcome for row in rows).items())),
        "tool_calls": done.calls,
        "mean_batch": round(asked / max(1, done.batches), 1),
        "cached_share": round(done.cached / max(1, done.calls), 4),
        "programs_per_second": round(len(rows) / seconds, 1),
        "tool_share": round(done.tool_seconds / seconds, 4),
        "isolation": str(engine.isolation),
        **reason,
        "tools_version": engine.tools_version,
    }
