"""The one way answers are brought to a common form before they are compared or taught.

Not here: the decision whether two answers are equal (`vpd.scoring.score`) and the official metric of a public
benchmark, each of which has its own normalisation and will live in a module of its own.
"""

import re
import unicodedata
from functools import lru_cache

ARTICLES = frozenset({"a", "an", "the"})
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
DIGITS = {word: str(number) for number, word in enumerate(NUMBERS)}
TRUTH = {"true": "yes", "false": "no"}

_DELETED = re.compile(r"['’`]|(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")
_NUMBER = re.compile(r"(-?)([0-9]*)(?:\.([0-9]+))?")


@lru_cache(maxsize=50_000)
def normalize(text: str) -> str:
    """Return an answer in common form; applying it twice changes nothing.

    In this order: Unicode NFKC, case folded; apostrophes and the commas that group thousands deleted; other
    punctuation turned to space, except in a number its minus and decimal point; number words zero to ten as
    digits, 2.0 as 2 and 007 as 7; articles dropped unless nothing else is left; an answer that is only "true"
    or "false" as yes or no. Plurals stay: `vpd.scoring.score` looks past them when it compares.
    """
    folded = unicodedata.normalize("NFKC", _DELETED.sub("", unicodedata.normalize("NFKC", text).casefold()))
    spaced = "".join(c if c in "-." or unicodedata.category(c)[0] in "LMN" else " " for c in folded)
    tokens = [token for chunk in spaced.split() for token in _tokens(chunk)]
    joined = " ".join([t for t in tokens if t not in ARTICLES] or tokens)
    return TRUTH.get(joined, joined)


def _tokens(chunk: str) -> list[str]:
    """Return the words of a chunk without spaces; a chunk that is one number stays one token."""
    number = _NUMBER.fullmatch(chunk)
    if number and (number[2] or number[3]):
        return [_number(*number.groups(default=""))]
    words = re.split(r"[-.]+", chunk)
    return [DIGITS.get(w, w.lstrip("0") or "0" if w.isascii() and w.isdigit() else w) for w in words if w]


def _number(minus: str, whole: str, fraction: str) -> str:
    """Return the shortest spelling of a decimal number."""
    digits = whole.lstrip("0") or "0"
    rest = fraction.rstrip("0")
    value = f"{digits}.{rest}" if rest else digits
    return value if value == "0" else f"{minus}{value}"
