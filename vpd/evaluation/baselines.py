"""What trained models are measured against: the question-only prior and the programs themselves.

The programs appear twice. `program` is the first candidate's answer (sample index 0), what one gets by
running programs instead of a student. `program-any-of-k` counts a question as right if any candidate is:
an upper bound that knows the label, not something one could deploy.

Seconds of a program are those of its shard's execution, shared evenly over the shard's runs, as a batch of a
trained model is. A single run's wall time is no measure: hundreds are in flight and wait for one another.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from vpd.evaluation.arms import Answered, commit, prediction
from vpd.evaluation.prior import QuestionPrior
from vpd.evaluation.questions import QuestionSet
from vpd.records import PROGRAMS, QUESTIONS, TRACES, Candidate, Prediction, Question, Table, Trace
from vpd.scoring.score import is_right
from vpd.store import ArtifactStore

PRIOR = "prior"
PROGRAM_MODEL = "programs"
FIRST = "program"
ANY_OF_K = "program-any-of-k"


@dataclass(frozen=True)
class _Runs:
    """The candidates of a question in sampling order, each with its run if there was one."""

    candidates: tuple[Candidate, ...]
    traces: dict[str, Trace]
    seconds_per_run: float

    def trace(self, candidate: Candidate) -> Trace | None:
        return self.traces.get(candidate.program_id or "")


def ask_prior(store: ArtifactStore, asked: QuestionSet) -> Answered:
    """Commit the prior's answers; it knows the train split of the shards that the questions come from."""
    made_from = {"questions": asked.digest, "training": _digests(store, QUESTIONS, asked.shards)}

    def compute() -> list[Prediction]:
        frames = (store.read_shard(QUESTIONS, s).filter(pl.col("split") == "train") for s in asked.shards)
        prior = QuestionPrior.fit(question for frame in frames for question in QUESTIONS.rows(frame))
        maker = (PRIOR, "answer", asked.digest)
        answers = ((q, prior.answer(q)) for q in asked.questions)
        return [prediction(q, maker, answer or "", answer, 0.0) for q, answer in answers]

    return commit(store, f"prior-{asked.digest}.answer", made_from, compute)


def ask_programs(store: ArtifactStore, asked: QuestionSet) -> tuple[Answered, Answered]:
    """Commit the programs' answers: of the first candidate, and of any.

    Raises MissingShardError if the programs of a question's shard were not sampled or not run.
    """
    shards = sorted(set(asked.shard_of.values()))
    made_from = {
        "questions": asked.digest,
        "programs": _digests(store, PROGRAMS, shards),
        "traces": _digests(store, TRACES, shards),
    }
    prefix = f"programs-{asked.digest}"

    def first() -> list[Prediction]:
        return [_first(q, runs, asked.digest) for q, runs in _runs_of(store, asked)]

    def any_of_k() -> list[Prediction]:
        return [_any_of_k(q, runs, asked.digest) for q, runs in _runs_of(store, asked)]

    return (
        commit(store, f"{prefix}.{FIRST}", {**made_from, "mode": FIRST}, first),
        commit(store, f"{prefix}.{ANY_OF_K}", {**made_from, "mode": ANY_OF_K}, any_of_k),
    )


def _first(question: Question, runs: _Runs, digest: str) -> Prediction:
    trace = runs.trace(runs.candidates[0]) if runs.candidates else None
    answer = trace.answer if trace else None
    seconds = runs.seconds_per_run if trace else 0.0
    return prediction(question, (PROGRAM_MODEL, FIRST, digest), answer or "", answer, seconds)


def _any_of_k(question: Question, runs: _Runs, digest: str) -> Prediction:
    answers = [t.answer for c in runs.candidates if (t := runs.trace(c)) and t.answer is not None]
    right = [answer for answer in answers if is_right(answer, question.answers, question.choices)]
    answer = next(iter(right or answers), None)
    seconds = runs.seconds_per_run * len(runs.traces)
    return prediction(question, (PROGRAM_MODEL, ANY_OF_K, digest), answer or "", answer, seconds)


def _runs_of(store: ArtifactStore, asked: QuestionSet) -> list[tuple[Question, _Runs]]:
    """Return the questions with their runs, in the order asked; one shard in memory at a time."""
    found: dict[str, _Runs] = {}
    for shard in sorted(set(asked.shard_of.values())):
        ids = [question_id for question_id, where in asked.shard_of.items() if where == shard]
        candidates: dict[tuple[str, tuple[str, ...]], list[Candidate]] = defaultdict(list)
        for candidate in PROGRAMS.rows(store.read_shard(PROGRAMS, shard).sort("sample_index")):
            candidates[candidate.asks].append(candidate)
        traces: dict[str, dict[str, Trace]] = defaultdict(dict)
        for trace in TRACES.rows(store.read_shard(TRACES, shard).filter(pl.col("question_id").is_in(ids))):
            traces[trace.question_id][trace.program_id] = trace
        by_id, seconds = asked.by_id, _seconds_per_run(store, shard)
        found |= {i: _Runs(tuple(candidates[by_id[i].asks]), traces[i], seconds) for i in ids}
    return [(q, found[q.question_id]) for q in asked.questions]


def _seconds_per_run(store: ArtifactStore, shard: str) -> float:
    manifest = store.manifest(TRACES, shard)
    return 1 / float(manifest.stats["programs_per_second"]) if manifest.rows else 0.0


def _digests(store: ArtifactStore, table: Table[Any], shards: Sequence[str]) -> dict[str, str]:
    return {shard: store.manifest(table, shard).data_sha256 for shard in shards}
