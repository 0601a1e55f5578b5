"""What a sentence of a rationale can claim, and whether a trace bears the claim out.

Each form of sentence is one pattern with one check; together they are a controlled English. A sentence of any
other form is not understood, and what is not understood cannot be used.

Not here: how objects are named (`vpd.rationale.references`), sentences that methods bring themselves
(`vpd.rationale.told`), the rationale as a whole (`vpd.rationale.faithful`).
"""

import re
from collections.abc import Callable

from vpd.rationale.facts import Facts, GridBox
from vpd.rationale.nouns import name_key, quality_key
from vpd.rationale.references import (
    BOX,
    BOXES,
    NAME,
    REF,
    ClaimError,
    Reference,
    boxes_in,
    refer,
    refer_to_one,
)
from vpd.rationale.told import Check, told_claims
from vpd.scoring.normalize import normalize

NUMBER = r"-?\d+(?:\.\d+)?"
WORDS = r'[^\[\]"]+'

RELATIONS: dict[str, Callable[[Facts, GridBox, GridBox], bool]] = {
    "left of": lambda f, a, b: f.pixels[a].center[0] < f.pixels[b].center[0],
    "right of": lambda f, a, b: f.pixels[a].center[0] > f.pixels[b].center[0],
    "above": lambda f, a, b: f.pixels[a].center[1] < f.pixels[b].center[1],
    "below": lambda f, a, b: f.pixels[a].center[1] > f.pixels[b].center[1],
    "in front of": lambda f, a, b: _depth(f, a) < _depth(f, b),
    "behind": lambda f, a, b: _depth(f, a) > _depth(f, b),
}
EXTREMES = {
    "leftmost": "left of",
    "rightmost": "right of",
    "topmost": "above",
    "lowest": "below",
    "nearest": "in front of",
    "farthest": "behind",
}


def check_sentence(sentence: str, facts: Facts) -> str | None:
    """Return None if some reading of the sentence is true of the trace, else what is wrong with it."""
    problem = "it is not understood"
    for pattern, check in (*_CLAIMS, *told_claims(facts.methods)):
        match = pattern.fullmatch(sentence.lower())
        if match is None:
            continue
        try:
            if check(match, facts):
                return None
            problem = "the trace does not say so"
        except ClaimError as error:
            problem = str(error)
    return problem


def _all_in(reference: Reference, boxes: set[GridBox]) -> bool:
    return not reference.denied and set(reference.boxes) <= boxes


def _depth(facts: Facts, box: GridBox) -> float:
    if box not in facts.depths:
        raise ClaimError(f"no depth was measured at {list(box)}")
    return facts.depths[box]


def _region(match: re.Match[str], facts: Facts) -> GridBox:
    return boxes_in(match["region"])[0] if match["region"] else facts.picture


def _found(match: re.Match[str], facts: Facts) -> bool:
    """ "I find 2 red cubes at [..] and [..]": exactly the boxes of one call, counted right."""
    wanted, count = boxes_in(match["boxes"] or ""), match["count"]
    number = int(count) if count.isdigit() else 1
    found = facts.finds.get((_region(match, facts), name_key(match["name"])), [])
    return any(len(b) == number and (not wanted or sorted(b) == sorted(wanted)) for b in found)


def _found_nothing(match: re.Match[str], facts: Facts) -> bool:
    """ "I find no red cube": a call that gave nothing."""
    return () in facts.finds.get((_region(match, facts), name_key(match["name"])), [])


def _existence(match: re.Match[str], facts: Facts) -> bool:
    """ "There is a red cube", "There is no red cube"."""
    return facts.exists.get((_region(match, facts), name_key(match["name"]))) is (match["no"] != "no")


def _property(match: re.Match[str], facts: Facts) -> bool:
    """ "The cube at [..] is not red", "All 3 cubes are red": properties that were verified."""
    subject = refer(match["subject"], facts)
    truth = subject.denied is (match["no"] is not None)
    prop = quality_key(match["what"])
    return all(truth in facts.properties.get((box, prop), ()) for box in subject.boxes)


def _loose_property(match: re.Match[str], facts: Facts) -> bool:
    """ "In the picture, the cube is red": verified on a region, of an object that was not located."""
    at = boxes_in(match["region"])[0] if match["region"] else facts.picture
    said = (at, name_key(match["name"]), quality_key(match["what"]))
    return (match["no"] is None) in facts.loose_properties.get(said, ())


def _attribute(match: re.Match[str], facts: Facts) -> bool:
    """ "The color of the cube is red": a reply to a question that asks for the color."""
    asked, reply = match["asked"], normalize(match["reply"])
    told = {at for at, question, r in facts.replies if r == reply and asked in question.split()}
    return _all_in(refer(match["subject"], facts), told)


def _reply(match: re.Match[str], facts: Facts) -> bool:
    """ "For the cube, the answer to "What is it made of?" is metal"."""
    said = normalize(match["question"]), normalize(match["reply"])
    return _all_in(refer(match["subject"], facts), {at for at, *told in facts.replies if (*told,) == said})


def _best_match(match: re.Match[str], facts: Facts) -> bool:
    """ "The best match for the red object is cone"."""
    reply = normalize(match["reply"])
    return _all_in(refer(match["subject"], facts), {at for at, best in facts.matches if best == reply})


def _relation(match: re.Match[str], facts: Facts) -> bool:
    """ "The cube is left of the sphere", "None of the 3 cubes is behind the sphere"."""
    subject, holds = refer(match["subject"], facts), RELATIONS[match["relation"]]
    other = refer_to_one(match["other"], facts)
    truth = subject.denied is (match["no"] is not None)
    return all(holds(facts, box, other) is truth for box in subject.boxes)


def _extreme(match: re.Match[str], facts: Facts) -> bool:
    """ "The cube at [..] is the leftmost of the 3 cubes"."""
    box = refer_to_one(match["subject"], facts)
    others = set(refer(f"all {match['count']} {match['name']}", facts).boxes) - {box}
    return bool(others) and all(RELATIONS[EXTREMES[match["extreme"]]](facts, box, other) for other in others)


def _more(match: re.Match[str], facts: Facts) -> bool:
    """ "There are more cubes than spheres": lengths of two calls on the whole picture."""
    first, second = (
        {len(b) for b in facts.finds.get((facts.picture, name_key(match[n])), [])} for n in ("one", "other")
    )
    sign = {"more": 1, "fewer": -1, "as many": 0}[match["how"]]
    return any((a > b) - (a < b) == sign for a in first for b in second)


def _comparison(match: re.Match[str], facts: Facts) -> bool:
    """ "2 is more than 1", of numbers that occur in the trace."""
    a, b = float(match["one"]), float(match["other"])
    sign = {"more than": 1, "less than": -1, "equal to": 0}[match["how"]]
    return {a, b} <= facts.numbers and (a > b) - (a < b) == sign


def _sum(match: re.Match[str], facts: Facts) -> bool:
    """ "2 plus 1 is 3", of terms that occur in the trace."""
    a, b = float(match["one"]), float(match["other"])
    return {a, b} <= facts.numbers and float(match["result"]) == (a + b if match["sign"] == "plus" else a - b)


def _overlap(match: re.Match[str], facts: Facts) -> bool:
    """ "The cube overlaps the sphere", "The cube does not overlap the sphere"."""
    one, other = (refer_to_one(match[n], facts) for n in ("subject", "other"))
    return (facts.pixels[one].overlap(facts.pixels[other]) > 0) is (match["how"] == "overlaps")


_IN = rf"(?:in (?P<region>{BOX}), )?"
_SUBJECT = rf"(?P<subject>{REF})"
_OTHER = rf"(?P<other>{REF})"
_WHAT = rf"(?P<no>not )?(?P<what>{WORDS})"
_CLAIMS: tuple[tuple[re.Pattern[str], Check], ...] = tuple(
    (re.compile(pattern), check)
    for pattern, check in (
        (rf"{_IN}i find no (?P<name>{NAME})", _found_nothing),
        (rf"{_IN}i find (?P<count>\d+|an?) (?P<name>{NAME}?)(?: at (?P<boxes>{BOXES}))?", _found),
        (rf"{_IN}there is (?P<no>no|an?) (?P<name>{NAME})", _existence),
        (rf"{_SUBJECT} (?:is|are) {_WHAT}", _property),
        (rf"in (?:the picture|(?P<region>{BOX})), the (?P<name>{NAME}) is {_WHAT}", _loose_property),
        (rf"the (?P<asked>\w+) of {_SUBJECT} is (?P<reply>{WORDS})", _attribute),
        (rf'for {_SUBJECT}, the answer to "(?P<question>[^"]+)" is (?P<reply>{WORDS})', _reply),
        (rf"the best match for {_SUBJECT} is (?P<reply>{WORDS})", _best_match),
        (rf"{_SUBJECT} (?:is|are) (?P<no>not )?(?P<relation>{'|'.join(RELATIONS)}) {_OTHER}", _relation),
        (
            rf"{_SUBJECT} is the (?P<extreme>{'|'.join(EXTREMES)}) of the (?P<count>\d+) (?P<name>{NAME})",
            _extreme,
        ),
        (
            rf"there are (?P<how>more|fewer|as many) (?P<one>{NAME}) (?:than|as) (?P<other>{NAME})",
            _more,
        ),
        (rf"(?P<one>{NUMBER}) is (?P<how>more than|less than|equal to) (?P<other>{NUMBER})", _comparison),
        (rf"(?P<one>{NUMBER}) (?P<sign>plus|minus) (?P<other>{NUMBER}) is (?P<result>{NUMBER})", _sum),
        (rf"{_SUBJECT} (?P<how>overlaps|does not overlap) {_OTHER}", _overlap),
    )
)
