"""Whether an answer is right: equality after normalisation, options by text, letter or index.

Every verdict and prediction records `SCORER`. The official metric of a public benchmark (soft scores over ten
people, circular evaluation) comes as a module beside this one with a name and version of its own.
"""

from collections.abc import Iterable, Sequence

from vpd.scoring.normalize import normalize

SCORER = "normalized-match@1"


def answer_key(text: str) -> str:
    """Return the form in which two answers are compared: normalised, last word in the singular.

    Only a final "s" goes, from words of four letters or more that do not end in ss, us or is: "cubes" equals
    "cube", while "yes", "glass" and "cactus" stay as they are. Other plurals are not equated.
    """
    head, _, last = normalize(text).rpartition(" ")
    plural = len(last) >= 4 and last.endswith("s") and not last.endswith(("ss", "us", "is"))
    return f"{head} {last[:-1] if plural else last}".strip()


def matches(answer: str, answers: Iterable[str]) -> bool:
    """Tell whether an answer equals one of the accepted answers; an empty answer equals none."""
    key = answer_key(answer)
    return bool(key) and any(key == answer_key(accepted) for accepted in answers)


def resolve_choice(answer: str, choices: Sequence[str]) -> str:
    """Return the text of the option that an answer names, or the answer itself.

    An option's own text comes first, then its letter ("b", "(B)"), then its index counted from 0 as A-OKVQA
    does. Without choices the answer is returned as it is.
    """
    if not choices or matches(answer, choices):
        return answer
    name = normalize(answer)
    letters = [chr(ord("a") + i) for i in range(len(choices))]
    if name in letters:
        return choices[letters.index(name)]
    if name.isascii() and name.isdigit() and int(name) < len(choices):
        return choices[int(name)]
    return answer


def is_right(answer: str, answers: Sequence[str], choices: Sequence[str] = ()) -> bool:
    """Tell whether an answer is right for a question's labels and options."""
    return matches(resolve_choice(answer, choices), [resolve_choice(a, choices) for a in answers])
