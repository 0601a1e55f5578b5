"""What is known of each candidate before a policy decides: outcome, answer, label match, agreement.

Not here: the decision (`vpd.verification.policy`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vpd.records import Candidate, Question, Trace
from vpd.scoring.normalize import normalize
from vpd.scoring.score import answer_key, is_right, resolve_choice

MISSING = "missing"  # outcome of a program that has no trace in the shard


@dataclass(frozen=True)
class Evidence:
    """One candidate for one question.

    `answer` is normalised, options by their text, and None unless the program answered. `correct` is None if
    the question has no label. `agreement` is the share, 0 to 1, of all the question's candidates that gave
    this answer; candidates without an answer count in the whole and have 0.
    """

    candidate: Candidate
    trace: Trace | None
    outcome: str
    answer: str | None
    correct: bool | None
    agreement: float
    problem: str | None


def gather(
    question: Question, candidates: Sequence[Candidate], traces: Mapping[str, Trace]
) -> list[Evidence]:
    """Return the evidence of each candidate, in their order; `traces` are this question's, by program."""
    found = [_trace(candidate, traces) for candidate in candidates]
    answers = [_answer(question, trace) for trace in found]
    votes = Counter(answer_key(a) for a in answers if a is not None)
    gathered = []
    for candidate, trace, answer in zip(candidates, found, answers, strict=True):
        outcome, problem = _outcome(candidate, trace)
        correct = None
        if question.answers:
            correct = answer is not None and is_right(answer, question.answers, question.choices)
        share = votes[answer_key(answer)] / len(candidates) if answer is not None else 0.0
        gathered.append(Evidence(candidate, trace, outcome, answer, correct, share, problem))
    return gathered


def _trace(candidate: Candidate, traces: Mapping[str, Trace]) -> Trace | None:
    return None if candidate.program_id is None else traces.get(candidate.program_id)


def _answer(question: Question, trace: Trace | None) -> str | None:
    if trace is None or trace.outcome != "answered" or trace.answer is None:
        return None
    return normalize(resolve_choice(trace.answer, question.choices))


def _outcome(candidate: Candidate, trace: Trace | None) -> tuple[str, str | None]:
    """Return the outcome of a candidate's run and what went wrong."""
    if candidate.problem is not None:
        kind, _, message = candidate.problem.partition(": ")
        return kind, message
    if trace is None:
        return (
            MISSING,
            f"program {candidate.program_id} has no trace for this question: execute the shard again",
        )
    if trace.outcome != "answered":
        where = "" if trace.line is None else f" in line {trace.line}"
        return trace.outcome, f"{trace.message or trace.outcome}{where}"
    return trace.outcome, None
