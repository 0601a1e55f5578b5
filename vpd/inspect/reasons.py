"""Classes of verdicts: why candidates are kept and refused, in a few kinds that can be counted.

A verdict's reason holds numbers and answers of its own; what it starts with tells its class. A candidate that
gave no answer is classed by its outcome, a kept one by whether its trace becomes a rationale.

Not here: the rules that decide (`vpd.verification.policy`).
"""

import re
from collections import Counter
from collections.abc import Iterable

from vpd.inspect.view import Kind
from vpd.records import Verdict
from vpd.verification.evidence import MISSING

CHOSEN, KEPT, CAPPED, OTHER = "chosen", "kept", "a shortcut too many", "other"
_KEPT = {
    CHOSEN: "right by the policy, and its trace becomes the rationale",
    KEPT: "right by the policy too; another one was chosen",
    CAPPED: "right by the policy, but enough of the shard's chosen programs are shortcuts",
}
_REFUSED = {
    "equals no label": "the answer equals no label",
    "poor elsewhere": "the answer equals a label; on other pictures it is often wrong",
    "worse than another": "another program does better on other pictures",
    "nothing changes it": "nothing that it saw changed its answer",
    "may be luck": "the answer equals a label, as a guess might",
    "shortcut": "it hands the whole question to one tool, and another program does not",
    "outvoted": "too few of the candidates mean the same",
    "another kind": "the question asks for an answer of another kind",
    OTHER: "for another reason",
}
_WITHOUT_ANSWER = {
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
MEANING = {**_KEPT, **_REFUSED, **_WITHOUT_ANSWER}
"""Every class and what it means, in the order in which they are shown."""

_STARTS = {
    "the answer equals a label, but it may be luck": "may be luck",
    "the answer '": "equals no label",
    'the answer "': "equals no label",
    "only right on ": "poor elsewhere",
    "right on ": "worse than another",
    "nothing that it saw": "nothing changes it",
    "it hands the whole question": "shortcut",
    "the question asks": "another kind",
}
_OUTVOTED = re.compile(r"(only )?\d+% of the candidates mean the same")
_ORDER = {name: place for place, name in enumerate(MEANING)}


def reason_class(verdict: Verdict) -> str:
    """Return the class of a verdict; one of MEANING, or an outcome that is not among them."""
    if verdict.chosen:
        return CHOSEN
    if verdict.kept:
        return CAPPED if verdict.reason.endswith("shortcuts already") else KEPT
    if verdict.answer is None:
        return verdict.outcome
    if _OUTVOTED.match(verdict.reason):
        return "outvoted"
    return next((name for start, name in _STARTS.items() if verdict.reason.startswith(start)), OTHER)


def count_reasons(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """Return how many verdicts each class that occurs has, in the order of MEANING, others last."""
    counts = Counter(map(reason_class, verdicts))
    return {name: counts[name] for name in sorted(counts, key=lambda n: (_ORDER.get(n, len(_ORDER)), n))}


def kind_of(name: str) -> Kind:
    """Return the colour of a class."""
    return "right" if name in _KEPT else "wrong" if name in _REFUSED else "failed"
