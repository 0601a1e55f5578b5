"""Claims that put several results together: counts and numbers compared, sums, replies compared, texts."""

import re
from collections import Counter, defaultdict

from vpd.rationale.checking.facts import Facts
from vpd.rationale.checking.references import refer
from vpd.rationale.checking.stated import (
    Fact,
    GridBox,
    Numbered,
    Replied,
    Stated,
    Told,
    compared,
    summed,
)
from vpd.rationale.nouns import name_key, singular
from vpd.scoring.normalize import normalize

_SIGNS = {"more": 1, "fewer": -1, "less": -1, "as many": 0, "equal": 0}
_SEPARATOR = re.compile(r",? and |, ")


def more(match: re.Match[str], facts: Facts) -> Stated | None:
    """ "There are more cubes than spheres": lengths of two calls on the whole picture."""
    sign = _SIGNS[match["how"]]
    for a in _counts(match["one"], facts):
        for b in _counts(match["other"], facts):
            if (a > b) - (a < b) == sign:
                return frozenset({compared(a, b)})
    return None


def comparison(match: re.Match[str], facts: Facts) -> Stated | None:
    """ "2 is more than 1", of numbers that the trace or a sentence before has."""
    a, b = float(match["one"]), float(match["other"])
    so = {a, b} <= facts.numbers and (a > b) - (a < b) == _SIGNS[match["how"]]
    return frozenset({compared(a, b)}) if so else None


def total(match: re.Match[str], facts: Facts) -> Stated | None:
    """ "2 plus 1 is 3", "2 cubes and 1 cone make 3", of terms that the trace or a sentence before has."""
    a, b, result = (float(match[n]) for n in ("one", "other", "result"))
    sign = 1 if match["sign"] in ("plus", "and") else -1
    named = [(n, number) for n, number in ((match["ones"], a), (match["others"], b)) if n is not None]
    known = {a, b} <= facts.numbers and all(number in _counts(name, facts) for name, number in named)
    so = known and abs(a + sign * b - result) < 1e-9 * max(1, abs(result))
    return frozenset({summed(a, b, sign), Numbered(result)}) if so else None


def same_reply(match: re.Match[str], facts: Facts) -> Stated | None:
    """ "The cube and the sphere have the same color", "... have different colors"."""
    one, other = (refer(match[n], facts) for n in ("subject", "other"))
    replies: dict[GridBox, set[str]] = defaultdict(set)
    for box, _, reply in facts.attributes(singular(match["asked"])):
        replies[box].add(reply)
    told = [replies[box] for box in (*one.boxes, *other.boxes)]
    if not (one.whole and other.whole) or any(len(r) != 1 for r in told) or len(told) != 2:
        return None
    return one.spoken | other.spoken if (told[0] == told[1]) is (match["how"] == "the same") else None


def distinct(match: re.Match[str], facts: Facts) -> Stated | None:
    """ "There are 2 different colors: red and blue", "The only color is red": all that was replied."""
    listed = [normalize(part) for part in _SEPARATOR.split(match["replies"])]
    counted = match.groupdict().get("count")
    if len(set(listed)) != len(listed) or (counted and int(counted) != len(listed)):
        return None
    told = _survey(singular(match["asked"]), facts)
    return frozenset(told) if {fact.reply for fact in told} == set(listed) else None


def most_frequent(match: re.Match[str], facts: Facts) -> Stated | None:
    """ "The most frequent color is red, with 2 of 3": no other reply was given more often."""
    most, count, of = normalize(match["reply"]), int(match["count"]), int(match["of"])
    told = _survey(match["asked"], facts)
    counts = Counter(fact.reply for fact in told)
    so = len(told) == of and counts[most] == count == max(counts.values(), default=0)
    return frozenset(told) if so else None


def contains(match: re.Match[str], facts: Facts) -> Stated | None:
    """ "The text "abc bakery" contains "bakery"": a text that a tool gave."""
    text, part = normalize(match["text"]), normalize(match["part"])
    sources: list[Fact] = [
        Told(name, box, args) for name, box, args, value in facts.told if normalize(str(value)) == text
    ]
    sources += [Replied(*fact) for fact in facts.replies if fact[2] == text]
    so = (part in text) is (match["no"] is None)
    return frozenset(sources) if sources and so else None


def _counts(name: str, facts: Facts) -> list[int]:
    """Return how many things each search of the whole picture for a name gave."""
    return [len(boxes) for boxes in facts.finds.get((facts.picture, name_key(name)), ())]


def _survey(attribute: str, facts: Facts) -> list[Replied]:
    """Return the first reply about an attribute of each object that was asked."""
    first: dict[GridBox, Replied] = {}
    for told in facts.attributes(attribute):
        first.setdefault(told[0], Replied(*told))
    return list(first.values())
