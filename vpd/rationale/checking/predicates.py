"""What a sentence can say of objects one by one: properties, replies, places, overlaps.

A `Predicate` knows what the trace says of one box; `hold` holds a whole subject against it: each of them,
none of them, 2 of the 3.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from vpd.rationale.checking.facts import Facts, question_key
from vpd.rationale.checking.measures import ALONG, HALVES, RELATIONS, distance, in_order, is_so
from vpd.rationale.checking.references import ClaimError, Reference, refer, refer_to_one
from vpd.rationale.checking.stated import Fact, GridBox, Numbered, Overlapping, Replied, Stated, Verified
from vpd.rationale.nouns import quality_key
from vpd.scoring.normalize import normalize


@dataclass(frozen=True)
class Predicate:
    """Something that is true or not of a box.

    `bears(box, True)`: the trace says that it is so; `bears(box, False)`: that it is not. Both are false of
    what was never asked. `states` gives the facts that are stated of a box with it.
    """

    bears: Callable[[GridBox, bool], bool]
    states: Callable[[GridBox, bool], Stated]


def hold(subject: Reference, predicate: Predicate, *, negated: bool = False) -> Stated | None:
    """Return what is stated if a predicate is true of as many objects as the subject says, else None."""
    boxes = subject.boxes
    so = [box for box in boxes if predicate.bears(box, not negated)]
    other = [box for box in boxes if predicate.bears(box, negated)]
    exact = len(other) >= len(boxes) - subject.some and not set(so) & set(other)
    if len(so) != subject.some or not (exact or subject.whole):
        return None
    of_some = frozenset[Fact]().union(*(predicate.states(box, not negated) for box in so))
    of_others = frozenset[Fact]().union(*(predicate.states(box, negated) for box in set(other) - set(so)))
    return subject.spoken | of_some | of_others | {Numbered(len(so))}


def says(match: re.Match[str], facts: Facts, predicate: Predicate) -> Stated | None:
    """Hold a sentence of the form "SUBJECT is (not) ..." against a predicate."""
    return hold(refer(match["subject"], facts), predicate, negated=bool(match.groupdict().get("no")))


def property_of(match: re.Match[str], facts: Facts) -> Stated | None:
    """ "The cube at [..] is not red", "All 3 cubes are red": properties that were verified."""
    prop = quality_key(match["what"])
    return says(
        match,
        facts,
        Predicate(
            lambda box, so: so in facts.properties.get((box, prop), ()),
            lambda box, so: frozenset({Verified(box, prop, so)}),
        ),
    )


def replied_property(match: re.Match[str], facts: Facts) -> Stated | None:
    """ "The cube is red", "The red object is a cone": what was replied, said as a property."""
    prop = quality_key(match["what"])
    asked = [fact for a in ("color", "size", "material", "shape") for fact in facts.attributes(a)]
    told = [Replied(*fact) for fact in asked] + [Replied(box, None, best) for box, best in facts.matches]
    return _of_replies(match, facts, [fact for fact in told if quality_key(fact.reply) == prop])


def attribute(match: re.Match[str], facts: Facts) -> Stated | None:
    """ "The color of the cube is red": a reply to a question that asks for the color and nothing else."""
    reply = normalize(match["reply"])
    told = [Replied(*fact) for fact in facts.attributes(match["asked"])]
    return _of_replies(match, facts, [fact for fact in told if fact.reply == reply])


def reply(match: re.Match[str], facts: Facts) -> Stated | None:
    """ "For the cube, the answer to "What is it made of?" is metal"."""
    said = question_key(match["question"]), normalize(match["reply"])
    return _of_replies(match, facts, [Replied(*fact) for fact in facts.replies if fact[1:] == said])


def best_match(match: re.Match[str], facts: Facts) -> Stated | None:
    """ "The best match for the red object is cone"."""
    said = normalize(match["reply"])
    return _of_replies(
        match, facts, [Replied(box, None, best) for box, best in facts.matches if best == said]
    )


def _of_replies(match: re.Match[str], facts: Facts, told: list[Replied]) -> Stated | None:
    boxes = {fact.box for fact in told}
    return says(
        match,
        facts,
        Predicate(
            lambda box, so: so and box in boxes,
            lambda box, _: frozenset(fact for fact in told if fact.box == box),
        ),
    )


def relation(match: re.Match[str], facts: Facts) -> Stated | None:
    """ "The cube is left of the sphere", "None of the 3 cubes is behind the sphere"."""
    word, anchor = RELATIONS[match["relation"]], refer(match["other"], facts)
    other = refer_to_one(match["other"], facts)
    if other == facts.picture:
        raise ClaimError("nothing is compared with the whole picture")
    stated = says(match, facts, _placed(word, other, facts))
    return None if stated is None else stated | anchor.spoken


def half(match: re.Match[str], facts: Facts) -> Stated | None:
    """ "The cube is in the left half of the picture": by its centre."""
    return says(match, facts, _placed(HALVES[match["half"]], facts.picture, facts))


def _placed(word: tuple[str, int], other: GridBox, facts: Facts) -> Predicate:
    return Predicate(
        lambda box, so: is_so(word, box, other, facts) is so,
        lambda box, _: frozenset(in_order(word[0], box, other, facts)),
    )


def nearer(match: re.Match[str], facts: Facts) -> Stated | None:
    """ "Horizontally, the cube is nearer to the cone than the sphere"."""
    axis, anchor = ALONG[match["along"]], refer_to_one(match["anchor"], facts)
    farther = distance(axis, refer_to_one(match["other"], facts), anchor, facts)
    predicate = Predicate(
        lambda box, so: (distance(axis, box, anchor, facts) < farther) is so, lambda *_: frozenset()
    )
    stated = says(match, facts, predicate)
    spoken = refer(match["anchor"], facts).spoken | refer(match["other"], facts).spoken
    return None if stated is None else stated | spoken


def overlap(match: re.Match[str], facts: Facts) -> Stated | None:
    """ "The cube overlaps the sphere", "None of the 3 cups overlaps the table"."""
    anchor = refer(match["other"], facts)
    other = refer_to_one(match["other"], facts)
    predicate = Predicate(
        lambda box, so: (facts.pixels[box].overlap(facts.pixels[other]) > 0) is so,
        lambda box, _: frozenset({Overlapping(frozenset({box, other}))}),
    )
    stated = says(match, facts, predicate)
    return None if stated is None else stated | anchor.spoken
