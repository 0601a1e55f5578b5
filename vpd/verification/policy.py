"""Policies: which candidates of one question are kept as right. Each has a name and a version.

    label@1      the paper's rule and the baseline: the answer equals a label
    probed@1     a label match that is no luck: right on other pictures too, and it looks
    agreement@2  no label: what most candidates mean alike, if the probes do not speak against it

Not here: what they decide by (`vpd.verification.evidence`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from vpd.verification.evidence import Evidence, Tried


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
    """The answer equals a label after normalisation."""

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
class Bar:
    """What a program has to reach on other pictures.

    way:     how far from guessing (0) to perfect (1); 0.7 is 85% of the pictures if half of guesses hit
    behind:  how many pictures fewer than the best candidate it may get right
    """

    way: float = 0.7
    behind: int = 0

    def problem(self, tried: Tried | None) -> str:
        """Say why a program is under the bar; empty if it is not, or was not tried."""
        if tried is None:
            return ""
        best = round(tried.best * tried.tried)
        if tried.share < tried.chance + self.way * (1 - tried.chance):
            return f"only {_did(tried)}"
        if tried.right < best - self.behind:
            return f"{_did(tried)}, another program on {best}"
        return ""


@dataclass(frozen=True)
class ProbedPolicy:
    """A label match that nothing speaks against and that is no luck.

    Nothing speaks against it: something that it sees changes its answer, and on other pictures with labels it
    does well and no worse than any other candidate. It is no luck: guesses would hardly do as well on those
    pictures, or most candidates mean the same (of yes-or-no questions, at least two). With five guessers of
    yes or no, one is right in 97% of the cases. A shortcut is kept only where nothing else is.
    """

    bar: Bar = Bar()
    luck: float = 0.1
    alike: float = 0.5
    name: str = "probed@1"

    def decide(self, evidence: Sequence[Evidence]) -> list[Decision]:
        """Keep the candidates that no evidence speaks against."""
        decisions = [self._decide(e) for e in evidence]
        kept = [e for e, decision in zip(evidence, decisions, strict=True) if decision.kept]
        if all(e.shortcut for e in kept):
            return decisions
        refused = Decision(False, "it hands the whole question to one tool, and another program does not")
        return [refused if e.shortcut and d.kept else d for e, d in zip(evidence, decisions, strict=True)]

    def _decide(self, e: Evidence) -> Decision:
        [matched] = LabelPolicy().decide([e])
        if not matched.kept:
            return matched
        against = _speaks_against(e, self.bar)
        if against:
            return Decision(False, against)
        if e.tried is not None and e.tried.luck <= self.luck:
            return Decision(True, f"the answer equals a label, {_did(e.tried)}")
        said = f"{e.agreement.alike:.0%} of the candidates mean the same"
        if e.agreement.alike >= self.alike and e.agreement.fellows >= (2 if e.options else 1):
            return Decision(True, f"the answer equals a label, and {said}")
        guessed = "" if e.tried is None else f", {_did(e.tried)}, as guesses are with {e.tried.luck:.0%}"
        return Decision(False, f"the answer equals a label, but it may be luck: only {said}{guessed}")


@dataclass(frozen=True)
class AgreementPolicy:
    """For unlabelled questions: the answer of most candidates that mean the same, if no probe denies it.

    Abstains otherwise: `alike` is the share of the candidates that is needed, and a tie keeps nothing.
    """

    alike: float = 0.5
    bar: Bar = Bar()
    name: str = "agreement@2"

    def decide(self, evidence: Sequence[Evidence]) -> list[Decision]:
        """Keep every candidate of the largest group of one meaning, if it is large enough."""
        most = max((e.agreement.alike for e in evidence), default=0.0)
        tied = sum(e.agreement.alike == most for e in evidence) > round(most * len(evidence))
        return [self._decide(e, most, tied) for e in evidence]

    def _decide(self, e: Evidence, most: float, tied: bool) -> Decision:
        if e.answer is None:
            return Decision(False, e.problem or "no answer")
        said = f"{e.agreement.alike:.0%} of the candidates mean the same"
        if e.agreement.alike < most:
            return Decision(False, f"only {said}, and {most:.0%} mean something else")
        if tied:
            return Decision(False, f"{said}, and as many something else")
        if e.agreement.alike < self.alike:
            return Decision(False, f"only {said}, {self.alike:.0%} are needed")
        if not e.fits:
            return Decision(False, "the question asks for an answer of another kind")
        against = _speaks_against(e, self.bar)
        return Decision(not against, against or said)


def _speaks_against(e: Evidence, bar: Bar) -> str:
    if e.looked is False:
        return "nothing that it saw changed its answer"
    return bar.problem(e.tried)


def _did(tried: Tried) -> str:
    return f"right on {tried.right} of {tried.tried} other pictures"
