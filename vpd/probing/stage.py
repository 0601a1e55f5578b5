"""The stage that probes every program of a shard: on other pictures, and with nothing or the opposite to see.

Not here: what is made of it (`vpd.verification`).
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from vpd.probing.bank import Asks, probe_questions
from vpd.probing.prober import Prober, Task
from vpd.records import PROBES, PROGRAMS, QUESTIONS, Candidate, Probe, Question, stable_id
from vpd.stage import Inputs, ShardResult, Stage, StageOutput, Stats, run_stage
from vpd.store import ArtifactStore

STAGE = Stage(PROBES, "1", (QUESTIONS, PROGRAMS))
PICTURES = 12  # with 8, twice as many wrong programs with planted mistakes pass (docs/log.md)


def probe_programs(
    store: ArtifactStore, shard: str, prober: Prober, *, pictures: int = PICTURES
) -> ShardResult:
    """Commit the probes of one shard: one row per distinct program of each text.

    Raises MissingShardError if questions or programs are not committed, SandboxError if the sandbox fails.
    """
    questions = QUESTIONS.rows(store.read_shard(QUESTIONS, shard))
    asked = _first_by_what_is_asked(questions)
    bank = probe_questions(store, shard, asked, pictures)
    settings = {
        "tools": prober.engine.tools_version,
        "limits": asdict(prober.engine.settings.limits),
        "bank": stable_id(
            sorted((q.question_id, q.image_id, *q.answers) for chosen in bank.values() for q in chosen)
        ),
    }

    def compute(inputs: Inputs) -> StageOutput:
        before, started = prober.runs, time.monotonic()
        tasks = _tasks(PROGRAMS.rows(inputs[PROGRAMS.name]), asked, bank)
        rows = prober.probe(tasks)
        return StageOutput(PROBES.frame(rows), _stats(rows, prober.runs - before, time.monotonic() - started))

    return run_stage(store, STAGE, shard, settings, compute)


def _first_by_what_is_asked(questions: Sequence[Question]) -> dict[Asks, Question]:
    first: dict[Asks, Question] = {}
    for question in sorted(questions, key=lambda q: q.question_id):
        first.setdefault(question.asks, question)
    return first


def _tasks(
    candidates: Sequence[Candidate], asked: Mapping[Asks, Question], bank: Mapping[Asks, tuple[Question, ...]]
) -> list[Task]:
    """Return a task for each distinct program that is run, in the order of texts and samples."""
    tasks: dict[tuple[Asks, str], Task] = {}
    for candidate in sorted(candidates, key=lambda c: (c.asks, c.sample_index)):
        if candidate.program_id is None or candidate.problem is not None or candidate.asks not in asked:
            continue
        others = bank[candidate.asks]
        ablated = others[0] if others else asked[candidate.asks]
        tasks.setdefault((candidate.asks, candidate.program_id), Task(candidate, others, ablated))
    return list(tasks.values())


def _stats(rows: Sequence[Probe], runs: int, seconds: float) -> Stats:
    tried = [len(row.labelled_ids) for row in rows]
    return {
        "programs": len(rows),
        "runs": runs,
        "runs_per_second": round(runs / seconds, 1) if runs else None,
        "pictures_per_program": round(sum(tried) / len(rows), 2) if rows else None,
        "without_other_pictures": sum(not count for count in tried),
        "right_on_other_pictures": round(sum(len(r.right_ids) for r in rows) / sum(tried), 4)
        if any(tried)
        else None,
        "unmoved": sum(bool(row.ablations) and not row.moved for row in rows),
    }
