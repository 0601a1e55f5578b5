"""What was tried for each question of a shard, ranked: the raw material of preference pairs and steps.

    right     verification kept it
    wrong     it answered, and the answer is not right
    runtime   it looks like a program and broke: runtime, budget, vocabulary
    syntax    what is wrong with it was known before it met a picture: syntax, names, loops, ...

Unranked, and left out: what is no program's fault (endpoint, crash, missing trace), and a right answer that
a policy refused, which is neither right nor wrong. Without a label that is an answer which a kept candidate
gave too; where nothing was kept, no answer of an unlabelled question is known to be wrong.

Not here: traces (`vpd.export.told`), which are large and not needed for ranks.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from vpd.records import PROGRAMS, QUESTIONS, REPLACED, VERDICTS, Candidate, Question, Verdict
from vpd.scoring.score import answer_key
from vpd.store import ArtifactStore

Rank = Literal["right", "wrong", "runtime", "syntax"]
WORSE: tuple[Rank, ...] = ("wrong", "runtime", "syntax")
_BROKE = ("runtime", "budget", "vocabulary")
_NO_FAULT = ("endpoint", "crash", "missing")


@dataclass(frozen=True)
class Tried:
    """One distinct program for a question; of equal programs the first by sample index, which was run.

    `outcome` is that of its run, or the kind of problem for which there was none. `answer` is normalised.
    """

    key: str
    source: str
    rank: Rank
    outcome: str
    answer: str | None
    trace_id: str | None
    verdict_id: str | None


@dataclass(frozen=True)
class Tries:
    """A question with the programs tried for it, in the order of their samples."""

    question: Question
    tried: tuple[Tried, ...]

    def of(self, rank: Rank) -> list[Tried]:
        """Return those of a rank."""
        return [t for t in self.tried if t.rank == rank]


def read_tries(store: ArtifactStore, shard: str) -> Iterator[Tries]:
    """Yield every question of a shard with what was tried; raises MissingShardError.

    Candidates that a repair took the place of count too: what is wrong with them is known.
    """
    verdicts: dict[str, dict[str, Verdict]] = defaultdict(dict)
    for verdict in VERDICTS.rows(store.read_shard(VERDICTS, shard)):
        verdicts[verdict.question_id][verdict.candidate_id] = verdict
    candidates = _candidates(store, shard)
    for question in QUESTIONS.rows(store.read_shard(QUESTIONS, shard)):
        yield Tries(question, tuple(_ranked(candidates[question.asks], verdicts[question.question_id])))


def _candidates(store: ArtifactStore, shard: str) -> dict[tuple[str, tuple[str, ...]], list[Candidate]]:
    """Return the distinct programs of each text, those that stand before those that were replaced."""
    standing = PROGRAMS.rows(store.read_shard(PROGRAMS, shard))
    has_replaced = store.find_manifest(REPLACED, shard) is not None
    replaced = REPLACED.rows(store.read_shard(REPLACED, shard)) if has_replaced else []
    distinct: dict[tuple[str, tuple[str, ...]], dict[str, Candidate]] = defaultdict(dict)
    for rows in (standing, replaced):
        for candidate in sorted(rows, key=lambda c: (c.sample_index, c.candidate_id)):
            distinct[candidate.asks].setdefault(_key(candidate), candidate)
    found = {asks: list(programs.values()) for asks, programs in distinct.items()}
    return defaultdict(list, found)


def _key(candidate: Candidate) -> str:
    return candidate.program_id or candidate.source


def _ranked(candidates: Sequence[Candidate], verdicts: Mapping[str, Verdict]) -> Iterator[Tried]:
    kept = {answer_key(v.answer) for v in verdicts.values() if v.kept and v.answer is not None}
    for candidate in candidates:
        verdict = verdicts.get(candidate.candidate_id)
        outcome = _outcome(candidate, verdict)
        rank = _rank(outcome, verdict, kept)
        if rank is None or not candidate.source.strip():
            continue
        ran = verdict if outcome == "answered" else None
        yield Tried(
            key=_key(candidate),
            source=candidate.source,
            rank=rank,
            outcome=outcome,
            answer=None if ran is None else ran.answer,
            trace_id=None if ran is None else ran.trace_id,
            verdict_id=None if verdict is None else verdict.verdict_id,
        )


def _outcome(candidate: Candidate, verdict: Verdict | None) -> str:
    if candidate.problem is not None:
        return candidate.problem.partition(":")[0]
    return "missing" if verdict is None else verdict.outcome


def _rank(outcome: str, verdict: Verdict | None, kept: set[str]) -> Rank | None:
    if outcome in _NO_FAULT:
        return None
    if outcome != "answered" or verdict is None:
        return "runtime" if outcome in _BROKE else "syntax"
    if verdict.kept:
        return "right"
    if verdict.answer is None or verdict.correct:
        return None
    other = verdict.correct is False or (bool(kept) and answer_key(verdict.answer) not in kept)
    return "wrong" if other else None
