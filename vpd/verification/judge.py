"""One verdict per candidate of a question: evidence, the policy's decision, and the choice among the kept.

Not here: reading and writing tables (`vpd.verification.stage`).
"""

from collections.abc import Mapping, Sequence

from vpd.records import Candidate, Question, Trace, Verdict, stable_id
from vpd.scoring.score import SCORER
from vpd.verification.evidence import Evidence, gather
from vpd.verification.policy import AgreementPolicy, Decision, LabelPolicy, Policy


def judge(
    question: Question,
    candidates: Sequence[Candidate],
    traces: Mapping[str, Trace],
    *,
    labelled: Policy | None = None,
    unlabelled: Policy | None = None,
) -> list[Verdict]:
    """Return the verdicts of a question's candidates, in their order; at most one is chosen.

    `traces` holds this question's runs by program. The policy is `labelled` (default: label@1) for a question
    with answers, else `unlabelled` (default: agreement@1).
    """
    policy = (labelled or LabelPolicy()) if question.answers else (unlabelled or AgreementPolicy())
    evidence = gather(question, candidates, traces)
    decisions = policy.decide(evidence)
    chosen = _choose(evidence, decisions)
    return [
        Verdict(
            verdict_id=stable_id("verdict", question.question_id, e.candidate.candidate_id),
            question_id=question.question_id,
            candidate_id=e.candidate.candidate_id,
            program_id=e.candidate.program_id,
            trace_id=None if e.trace is None else e.trace.trace_id,
            policy=policy.name,
            scorer=SCORER,
            outcome=e.outcome,
            answer=e.answer,
            correct=e.correct,
            agreement=e.agreement,
            logprob=e.candidate.logprob,
            kept=decision.kept,
            chosen=e is chosen,
            reason=decision.reason,
        )
        for e, decision in zip(evidence, decisions, strict=True)
    ]


def _choose(evidence: Sequence[Evidence], decisions: Sequence[Decision]) -> Evidence | None:
    """Return the best kept candidate: by agreement, then likelihood, then the smaller candidate id."""
    kept = [e for e, decision in zip(evidence, decisions, strict=True) if decision.kept]
    return min(kept, key=_rank, default=None)


def _rank(e: Evidence) -> tuple[float, float, str]:
    likelihood = float("-inf") if e.candidate.logprob is None else e.candidate.logprob
    return -e.agreement, -likelihood, e.candidate.candidate_id
