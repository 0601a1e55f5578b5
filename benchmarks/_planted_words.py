"""Planted false facts in single words: negations, opposites, replies, numbers.

Each docstring says what makes the text false of the trace, whoever reads it.
"""

import random
import re
from collections.abc import Iterator, Sequence

from benchmarks._trace_index import Known, put

OPPOSITES = {
    "relation reversed": (
        ("left of", "right of"), ("above", "below"), ("higher than", "lower than"), ("in front of", "behind"),
        ("closer than", "farther away than"), ("bigger than", "smaller than"),
        ("larger than", "smaller than"), ("taller than", "shorter than"),
        ("wider than", "narrower than"), ("left half", "right half"),
        ("upper half", "lower half"),
    ),
    "extreme reversed": (
        ("leftmost", "rightmost"), ("topmost", "lowest"), ("nearest", "farthest"), ("biggest", "smallest"),
        ("tallest", "shortest"), ("widest", "narrowest"),
    ),
    "comparison reversed": (
        ("more than", "less than"), ("greater than", "smaller than"), ("are more", "are fewer"),
        ("outnumber", "are fewer than"), ("as many as", "fewer than"),
    ),
    "sameness reversed": (
        ("have the same color", "have different colors"), ("have the same shape", "have different shapes"),
    ),
    "overlap reversed": (
        ("overlaps", "does not overlap"), ("overlap", "do not overlap"), ("contains", "does not contain"),
        ("includes", "does not include"),
    ),
}  # fmt: skip
OTHER_WORDS = ("crimson", "gigantic", "pyramid", "velvet")


def denied(text: str) -> Iterator[str]:
    """ "There is a cube" of what is not there, "There is no cube" of what is."""
    for found in re.finditer(r"\b(?:[Tt]here is|I find|I see) (an?|no) (?!\w+ and )", text):
        yield put(text, found.span(1), "a" if found[1] == "no" else "no")


def negated(text: str, known: Known) -> Iterator[str]:
    """A property denied of what has it, or said of what has not; all made none, and none all."""
    for prop, results in known.verified.items():
        if len({at for at, _ in results}) < len(results):
            continue  # verified both ways of one box, under two names
        ends = rf"(?:an? )?{re.escape(prop)}s?\."
        for found in re.finditer(rf"(?<!answer) (is|are) (not )?(?={ends})", text, re.IGNORECASE):
            sentence = text[text.rfind(". ", 0, found.start()) + 1 : found.start()].strip()
            if not re.match(r"\d+ of|None|All|Each", sentence):
                yield put(text, found.span(), f" {found[1]} {'' if found[2] else 'not '}")
        for found in re.finditer(rf"\b(All \d+|None of the \d+) ([\w' -]+) (?:is|are) (?={ends})", text):
            [number] = re.findall(r"\d+", found[1])
            quantity, verb = ("None of the", "is") if found[1][0] == "A" else ("All", "are")
            yield put(text, found.span(), f"{quantity} {number} {found[2]} {verb} ")


def replies(text: str, known: Known, rng: random.Random) -> Iterator[str]:
    """A reply that no tool gave."""
    for reply in set(known.replies) - {""}:
        for found in re.finditer(rf"(?<=[ \"]){re.escape(reply)}(?=\"?\.| best\.)", text):
            if not text[: found.start()].endswith("The answer is "):
                yield put(text, found.span(), rng.choice(OTHER_WORDS))


def sums(text: str, rng: random.Random) -> Iterator[str]:
    """Arithmetic that is wrong."""
    for found in re.finditer(r"\b\d+ (?:plus|minus|and|less) \d+ (?:is|makes?|leaves) \d+", text):
        number, start = rng.choice(list(re.finditer(r"\d+", found[0]))), found.start()
        wrong = int(number[0]) + rng.choice([1, 3])
        yield put(text, (start + number.start(), start + number.end()), str(wrong))


def exchanged(text: str) -> Iterator[str]:
    """The two numbers, or names, of a comparison that is not level, the other way round."""
    for pattern in (
        r"(\d+) (is (?:more|less|greater|smaller) than) (\d+)",
        r"(?<=more )([\w' -]+) (than) ([\w' -]+)(?=\.)",
        r"(?<=fewer )([\w' -]+) (than) ([\w' -]+)(?=\.)",
        r"(?<=The )([\w' -]+) (outnumber the|are fewer than the) ([\w' -]+)(?=\.)",
    ):
        for found in re.finditer(pattern, text):
            yield put(text, found.span(), f"{found[3]} {found[2]} {found[1]}")


def numbers(text: str, rng: random.Random) -> Iterator[str]:
    """A comparison of other numbers than were compared."""
    for found in re.finditer(r"\b(\d+) (?:is (?:more|greater) than) \d+\.", text):
        yield put(text, found.span(1), str(int(found[1]) + rng.choice([1, 2, 3])))
    for found in re.finditer(r"\b\d+ (?:is (?:less|smaller) than) (\d+)\.", text):
        yield put(text, found.span(1), str(int(found[1]) + rng.choice([1, 2, 3])))


def opposite(text: str, pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    """The opposite of a strict order, or of what is level; only of single things and of all of several."""
    words = {**dict(pairs), **{b: a for a, b in pairs}}
    for word, other in words.items():
        for found in re.finditer(rf"\b{word}\b", text):
            sentence = text[text.rfind(". ", 0, found.start()) + 1 : found.start()].strip()
            if not re.match(r"(?:\d+|None) of the|.*(?:does|do) not$", sentence):
                yield put(text, found.span(), other)
