"""Policies: which candidates of one question are kept as right. Each has a name and a version.

Not here: probes on other pictures and with tools ablated, which become evidence for a policy of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from vpd.scoring.score import answer_key
from vpd.verification.evidence import Evidence


@dataclass(frozen=True)
class Decision:
    """Whether a candidate is kept, and why in a few words."""

    kept: bool
    reason: str


class Policy(Protocol):
    """A rule over the evidence of all candidates of one question."""

    @property
    def name(self) -> str:
        """Name and version, as verdicts record it."""
        ...

    def decide(self, evidence: Sequence[Evidence]) -> list[Decision]:
        """Return one decision per candidate, in order."""
        ...


@dataclass(frozen=True)
class LabelPolicy:
    """For labelled questions, the paper's rule: the answer equals a label after normalisation."""

    name: str = "label@1"

    def decide(self, evidence: Sequence[Evidence]) -> list[Decision]:
        """Keep every candidate whose answer equals a label."""
        return [self._decide(e) for e in evidence]

    def _decide(self, e: Evidence) -> Decision:
        if e.answer is None:
            return Decision(False, e.problem or "no answer")
        if e.correct:
            return Decision(True, "the answer equals a label")
        return Decision(False, f"the answer {e.answer!r} equals no label")


@dataclass(frozen=True)
class AgreementPolicy:
    """For unlabelled questions: the answer that most candidates gave, if enough gave it and no other as many.

    `minimum_share` counts over all candidates, also those that failed. A tie keeps nothing. Equal programs
    vote apart, and all candidates share tools, so agreement is weaker evidence than a label.
    """

    minimum_share: float = 0.5
    name: str = "agreement@1"

    def decide(self, evidence: Sequence[Evidence]) -> list[Decision]:
        """Keep every candidate that gave the winning answer, if there is one."""
        clusters = {answer_key(e.answer): e.agreement for e in evidence if e.answer is not None}
        best = max(clusters.values(), default=0.0)
        leaders = [key for key, share in clusters.items() if share == best]
        return [self._decide(e, leaders) for e in evidence]

    def _decide(self, e: Evidence, leaders: list[str]) -> Decision:
        if e.answer is None:
            return Decision(False, e.problem or "no answer")
        share = f"{e.agreement:.0%} of the candidates"
        if answer_key(e.answer) not in leaders:
            return Decision(False, f"{share} gave this answer, another got more")
        if len(leaders) > 1:
            return Decision(False, f"{len(leaders)} answers tie at {share}")
        if e.agreement < self.minimum_share:
            return Decision(False, f"only {share} gave this answer, {self.minimum_share:.0%} are needed")
        return Decision(True, f"{share} gave this answer")
