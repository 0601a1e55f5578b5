"""One verdict per candidate of a question: evidence, the policy's decision, and the choice among the kept.

Not here: reading and writing tables (`vpd.verification.stage`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vpd.records import Candidate, Probe, Question, Trace, Verdict, stable_id
from vpd.scoring.score import SCORER
from vpd.verification.evidence import Evidence, gather
from vpd.verification.policy import AgreementPolicy, Decision, LabelPolicy, Policy, ProbedPolicy


@dataclass(frozen=True)
class Policies:
    """The policies in force, and those that are asked for comparison alone."""

    labelled: Policy = field(default_factory=ProbedPolicy)
    unlabelled: Policy = field(default_factory=AgreementPolicy)
    compared: tuple[Policy, ...] = (LabelPolicy(), ProbedPolicy())

    def in_force(self, labelled: bool) -> Policy:
        """Return the policy that decides."""
        return self.labelled if labelled else self.unlabelled

    def decide(self, labelled: bool, evidence: Sequence[Evidence]) -> dict[str, list[Decision]]:
        """Return the decisions by policy, those of the one in force first."""
        force, other = self.labelled, self.unlabelled
        asked = [force, other, *self.compared] if labelled else [other]
        decided: dict[str, list[Decision]] = {}
        for policy in asked:
            decided.setdefault(policy.name, policy.decide(evidence))  # one in force hides its namesake
        return decided


def judge(
    question: Question,
    candidates: Sequence[Candidate],
    traces: Mapping[str, Trace],
    probes: Mapping[str, Probe] | None = None,
    policies: Policies | None = None,
    known: frozenset[str] = frozenset(),
) -> list[Verdict]:
    """Return the verdicts of a question's candidates, in their order; at most one is chosen.

    `traces` holds this question's runs, `probes` what is known of the programs for its text, by program;
    `known` are the words that programs look for (`vpd.verification.words`). The
    policy is by default probed@1 for a question with answers, else agreement@2.
    """
    evidence = gather(question, candidates, traces, probes, known)
    policies, labelled = policies or Policies(), bool(question.answers)
    decided = policies.decide(labelled, evidence)
    policy, decisions = next(iter(decided.items()))
    chosen = choose(evidence, decisions, in_order=policies.in_force(labelled).in_order)
    return [
        _verdict(
            question,
            e,
            policy,
            decisions[place],
            tuple(name for name, found in decided.items() if found[place].kept),
            e is chosen,
        )
        for place, e in enumerate(evidence)
    ]


def _verdict(
    question: Question, e: Evidence, policy: str, decision: Decision, kept_by: tuple[str, ...], chosen: bool
) -> Verdict:
    return Verdict(
        verdict_id=stable_id("verdict", question.question_id, e.candidate.candidate_id),
        question_id=question.question_id,
        candidate_id=e.candidate.candidate_id,
        program_id=e.candidate.program_id,
        trace_id=None if e.trace is None else e.trace.trace_id,
        probe_id=e.probe_id,
        policy=policy,
        scorer=SCORER,
        outcome=e.outcome,
        answer=e.answer,
        correct=e.correct,
        agreement=e.agreement.share,
        alike=e.agreement.alike,
        call_graphs=e.agreement.graphs,
        fits=e.fits,
        tried=0 if e.tried is None else e.tried.tried,
        tried_right=0 if e.tried is None else e.tried.right,
        luck=None if e.tried is None else e.tried.luck,
        looked=e.looked,
        shortcut=e.shortcut,
        ignored=e.ignored,
        confidence=e.confidence,
        logprob=e.candidate.logprob,
        kept=decision.kept,
        kept_by=kept_by,
        chosen=chosen,
        refused_by=decision.refused_by,
        reason=decision.reason,
    )


def choose(
    evidence: Sequence[Evidence], decisions: Sequence[Decision], *, in_order: bool = False
) -> Evidence | None:
    """Return the best kept candidate, or with `in_order` the first.

    By other pictures, then agreement in meaning, tool confidence, likelihood, and the smaller candidate id.
    """
    kept = [e for e, decision in zip(evidence, decisions, strict=True) if decision.kept]
    return next(iter(kept), None) if in_order else min(kept, key=_rank, default=None)


def _rank(e: Evidence) -> tuple[float, float, float, float, str]:
    share = 0.0 if e.tried is None else e.tried.share
    likelihood = float("-inf") if e.candidate.logprob is None else e.candidate.logprob
    confidence = 0.0 if e.confidence is None else e.confidence
    return -share, -e.agreement.alike, -confidence, -likelihood, e.candidate.candidate_id
