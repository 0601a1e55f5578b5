"""Policies: which candidates of one question are kept as right. Each has a name and a version.

    label@1      the paper's rule and the baseline: the answer equals a label
    probed@1     a label match that is no luck: right on other pictures too, and it looks
    agreement@2  no label: what most candidates mean alike, if the probes do not speak against it
    unfiltered@1 whatever ran, right or not: the first sample, for measuring what filtering brings

Not here: what they decide by (`vpd.verification.evidence`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

from vpd.verification.evidence import Evidence, Tried

RefusedBy = Literal[
    "outcome", "label", "unmoved", "pictures", "better", "luck", "shortcut", "ignores", "meaning", "kind"
]


@dataclass(frozen=True)
class Decision:
    """Whether a candidate is kept, and why in a few words; `refused_by` is None if it is.

    outcome   it gave no answer
    label     its answer equals no label
    unmoved   nothing that it saw changed its answer
    pictures  it does poorly on other pictures
    better    another candidate does better there
    luck      guesses do as well, and few candidates mean the same
    shortcut  it hands the whole question to one tool, and another program does not
    ignores   it takes no notice of something that the question names
    meaning   too few candidates mean the same, or as many or more something else
    kind      the question asks for an answer of another kind
    """

    reason: str
    refused_by: RefusedBy | None = None

    @property
    def kept(self) -> bool:
        """Whether nothing refuses it."""
        return self.refused_by is None


class Policy(Protocol):
    """A rule over the evidence of all candidates of one question."""

    @property
    def name(self) -> str:
        """Name and version, as verdicts record it."""
        ...

    @property
    def in_order(self) -> bool:
        """Whether the first of the kept candidates is chosen, not the best."""
        ...

    def decide(self, evidence: Sequence[Evidence]) -> list[Decision]:
        """Return one decision per candidate, in order."""
        ...


@dataclass(frozen=True)
class LabelPolicy:
    """The answer equals a label after normalisation."""

    name: str = "label@1"
    in_order: ClassVar[bool] = False

    def decide(self, evidence: Sequence[Evidence]) -> list[Decision]:
        """Keep every candidate whose answer equals a label."""
        return [self._decide(e) for e in evidence]

    def _decide(self, e: Evidence) -> Decision:
        if e.answer is None:
            return Decision(e.problem or "no answer", "outcome")
        if e.correct:
            return Decision("the answer equals a label")
        return Decision(f"the answer {e.answer!r} equals no label", "label")


@dataclass(frozen=True)
class Bar:
    """What a program has to reach on other pictures.

    way:     how far from guessing (0) to perfect (1); 0.7 is 85% of the pictures if half of guesses hit
    behind:  how many pictures fewer than the best candidate it may get right
    """

    way: float = 0.7
    behind: int = 0

    def against(self, tried: Tried | None) -> Decision | None:
        """Return the refusal of a program under the bar; None if it is not, or was not tried."""
        if tried is None:
            return None
        best = round(tried.best * tried.tried)
        if tried.share < tried.chance + self.way * (1 - tried.chance):
            return Decision(f"only {_did(tried)}", "pictures")
        if tried.right < best - self.behind:
            return Decision(f"{_did(tried)}, another program on {best}", "better")
        return None


@dataclass(frozen=True)
class ProbedPolicy:
    """A label match that nothing speaks against and that is no luck.

    Nothing speaks against it: something that it sees changes its answer, it takes notice of what the question
    names, and on other pictures with labels it does well and no worse than any other candidate. It is no
    luck: guesses would hardly do as well on those pictures, or most candidates mean the same (of yes-or-no
    questions, at least two). With five guessers of yes or no, one is right in 97% of the cases. A shortcut is
    kept only where nothing else is.
    """

    bar: Bar = Bar()
    luck: float = 0.1
    alike: float = 0.5
    name: str = "probed@1"
    in_order: ClassVar[bool] = False

    def decide(self, evidence: Sequence[Evidence]) -> list[Decision]:
        """Keep the candidates that no evidence speaks against."""
        decisions = [self._decide(e) for e in evidence]
        kept = [e for e, decision in zip(evidence, decisions, strict=True) if decision.kept]
        if all(e.shortcut for e in kept):
            return decisions
        refused = Decision("it hands the whole question to one tool, another program does not", "shortcut")
        return [refused if e.shortcut and d.kept else d for e, d in zip(evidence, decisions, strict=True)]

    def _decide(self, e: Evidence) -> Decision:
        [matched] = LabelPolicy().decide([e])
        if not matched.kept:
            return matched
        against = _speaks_against(e, self.bar)
        if against is not None:
            return against
        if e.tried is not None and e.tried.luck <= self.luck:
            return Decision(f"the answer equals a label, {_did(e.tried)}")
        said = f"{e.agreement.alike:.0%} of the candidates mean the same"
        if e.agreement.alike >= self.alike and e.agreement.fellows >= (2 if e.options else 1):
            return Decision(f"the answer equals a label, and {said}")
        guessed = "" if e.tried is None else f", {_did(e.tried)}, as guesses are with {e.tried.luck:.0%}"
        return Decision(f"the answer equals a label, but it may be luck: only {said}{guessed}", "luck")


@dataclass(frozen=True)
class AgreementPolicy:
    """For unlabelled questions: the answer of most candidates that mean the same, if no probe denies it.

    Abstains otherwise: `alike` is the share of the candidates that is needed, and a tie keeps nothing.
    """

    alike: float = 0.5
    bar: Bar = Bar()
    name: str = "agreement@2"
    in_order: ClassVar[bool] = False

    def decide(self, evidence: Sequence[Evidence]) -> list[Decision]:
        """Keep every candidate of the largest group of one meaning, if it is large enough."""
        most = max((e.agreement.alike for e in evidence), default=0.0)
        tied = sum(e.agreement.alike == most for e in evidence) > round(most * len(evidence))
        return [self._decide(e, most, tied) for e in evidence]

    def _decide(self, e: Evidence, most: float, tied: bool) -> Decision:
        if e.answer is None:
            return Decision(e.problem or "no answer", "outcome")
        said = f"{e.agreement.alike:.0%} of the candidates mean the same"
        if e.agreement.alike < most:
            return Decision(f"only {said}, and {most:.0%} mean something else", "meaning")
        if tied:
            return Decision(f"{said}, and as many something else", "meaning")
        if e.agreement.alike < self.alike:
            return Decision(f"only {said}, {self.alike:.0%} are needed", "meaning")
        if not e.fits:
            return Decision("the question asks for an answer of another kind", "kind")
        return _speaks_against(e, self.bar) or Decision(said)


@dataclass(frozen=True)
class UnfilteredPolicy:
    """Every candidate that ran to an answer, right or not: what the paper's filtering is measured against."""

    name: str = "unfiltered@1"
    in_order: ClassVar[bool] = True

    def decide(self, evidence: Sequence[Evidence]) -> list[Decision]:
        """Keep every candidate with an answer."""
        return [
            Decision(e.problem or "no answer", "outcome") if e.answer is None else Decision("it answered")
            for e in evidence
        ]


def _speaks_against(e: Evidence, bar: Bar) -> Decision | None:
    if e.looked is False:
        return Decision("nothing that it saw changed its answer", "unmoved")
    if e.ignored:
        return Decision(f"it takes no notice of {', '.join(map(repr, e.ignored))}", "ignores")
    return bar.against(e.tried)


def _did(tried: Tried) -> str:
    return f"right on {tried.right} of {tried.tried} other pictures"
