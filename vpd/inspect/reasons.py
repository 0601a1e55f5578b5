"""Classes of verdicts: why candidates are kept and refused, in words that can be counted.

Not here: the rules that decide (`vpd.verification.policy`).
"""

from collections import Counter
from collections.abc import Iterable

from vpd.inspect.view import Kind
from vpd.records import Verdict
from vpd.verification.evidence import MISSING

CHOSEN, KEPT = "chosen", "kept"
_KEPT = {
    CHOSEN: "right by the policy, and its trace becomes the rationale",
    KEPT: "right by the policy, but not chosen",
}
_REFUSED = {
    "label": "its answer equals no label",
    "pictures": "it does poorly on other pictures",
    "better": "another candidate does better on other pictures",
    "unmoved": "nothing that it saw changed its answer",
    "ignores": "it takes no notice of something that the question names",
    "luck": "guesses do as well, and few candidates mean the same",
    "shortcut": "it hands the whole question to one tool, and another program does not",
    "meaning": "too few candidates mean the same, or as many or more something else",
    "kind": "the question asks for an answer of another kind",
}
OUTCOMES = {
    "endpoint": "no text came from the endpoint",
    "syntax": "the text is no program",
    "unsupported": "needs what the sandbox does not have",
    "policy": "contains what no program may contain",
    "names": "uses a name that does not exist",
    "loops": "may not end",
    "blind": "does not look at the picture",
    "answer": "in a trial run it answered with another kind than is asked for",
    "copied": "copied from an example",
    "vocabulary": "asked a tool for a name it does not know",
    "runtime": "raised an error, or returned no answer",
    "budget": "reached a limit",
    "crash": "a tool failed or the sandbox's worker died",
    MISSING: "was never run",
}
"""Outcomes without an answer, and the kinds of problems for which a program is not run."""
MEANING = {**_KEPT, **_REFUSED, **OUTCOMES}
"""Every class and what it means, in the order in which they are shown."""
_ORDER = {name: place for place, name in enumerate(MEANING)}


def reason_class(verdict: Verdict) -> str:
    """Return the class of a verdict; of a candidate without an answer its outcome."""
    if verdict.refused_by is None:
        return CHOSEN if verdict.chosen else KEPT
    return verdict.outcome if verdict.refused_by == "outcome" else verdict.refused_by


def count_reasons(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """Return how many verdicts each class that occurs has, in the order of MEANING, others last."""
    counts = Counter(map(reason_class, verdicts))
    return {name: counts[name] for name in sorted(counts, key=lambda n: (_ORDER.get(n, len(_ORDER)), n))}


def kind_of(name: str) -> Kind:
    """Return the colour of a class."""
    return "right" if name in _KEPT else "wrong" if name in _REFUSED else "failed"
