"""How often each program was right, over all pictures of an export on which its question is asked.

A program knows no picture, so a pair of programs must hold for a text and not for one picture: two programs
may each be right where the other is wrong. And a text is asked of pictures of several splits, so it gets one
split of its own, and only questions of that split count and give pairs. Held in memory: two numbers for each
distinct program of each text.
"""

import hashlib
from collections import defaultdict

from vpd.export.tries import Tried, Tries
from vpd.records import Question, canonical_json

_FIRST = ("train", "val", "test")


class Standing:
    """Counted in one pass over the export, asked in the next."""

    def __init__(self) -> None:
        self._splits: dict[bytes, str] = {}
        self._counts: dict[bytes, tuple[int, int]] = defaultdict(lambda: (0, 0))

    def count(self, tries: Tries) -> None:
        """Count a question's programs."""
        question, text = tries.question, _digest(tries.question.asks)
        self._splits[text] = min(self._splits.get(text, question.split), question.split, key=_order)
        for tried in tries.tried:
            key = _program(question, tried)
            right, judged = self._counts[key]
            self._counts[key] = right + (tried.rank == "right"), judged + 1

    def counts(self, question: Question) -> bool:
        """Tell whether a question is of its text's split: train if a training question asks it, else val."""
        return self._splits[_digest(question.asks)] == question.split

    def better(self, question: Question, one: Tried, other: Tried) -> bool:
        """Tell whether one program was right in a larger share of its runs for this text than another."""
        right, judged = self._counts[_program(question, one)]
        other_right, other_judged = self._counts[_program(question, other)]
        return right * other_judged > other_right * judged


def _order(split: str) -> tuple[int, str]:
    return (_FIRST.index(split) if split in _FIRST else len(_FIRST)), split


def _program(question: Question, tried: Tried) -> bytes:
    return _digest((question.asks, question.split, tried.key))


def _digest(value: object) -> bytes:
    return hashlib.sha256(canonical_json(value).encode()).digest()[:16]
