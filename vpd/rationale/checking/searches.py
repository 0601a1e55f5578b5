"""Claims about what searches gave: "I find 2 red cubes at A and B", "There is no red cube", "The cube is the
leftmost of the 3 cubes", "In the picture, the cube is red".
"""

import re

from vpd.rationale.checking.facts import Facts
from vpd.rationale.checking.measures import ALONG, EXTREMES, distance, in_order, is_so
from vpd.rationale.checking.references import boxes_in, one_of, refer, refer_to_one, region
from vpd.rationale.checking.stated import AtEnd, Fact, GridBox, Seen, Stated, Verified
from vpd.rationale.nouns import name_key, quality_key


def found(match: re.Match[str], facts: Facts) -> Stated | None:
    """ "I find 2 red cubes at [..] and [..]": exactly the boxes of one call, counted right."""
    wanted, count = boxes_in(match["boxes"] or ""), match["count"]
    number = int(count) if count.isdigit() else 1
    if wanted and len(wanted) != number:
        return None
    seen = _seen(match, facts)
    for boxes in facts.finds.get((seen.region, seen.name), ()):
        if len(boxes) == number > 0 and (not wanted or sorted(boxes) == sorted(wanted)):
            return frozenset({seen})
    by_article = not wanted and not count.isdigit()
    return frozenset({seen}) if by_article and facts.exists.get((seen.region, seen.name)) else None


def some(match: re.Match[str], facts: Facts) -> Stated | None:
    """ "There is a red cube": there is at least one; of several, their number is not told."""
    seen = _seen(match, facts)
    counts = {len(boxes) for boxes in facts.finds.get((seen.region, seen.name), ())}
    if facts.exists.get((seen.region, seen.name)) or 1 in counts:
        return frozenset({seen})
    return frozenset() if any(counts) else None


def nothing(match: re.Match[str], facts: Facts) -> Stated | None:
    """ "I find no red cube": a call that gave nothing."""
    seen = _seen(match, facts)
    key = seen.region, seen.name
    return frozenset({seen}) if () in facts.finds.get(key, ()) or facts.exists.get(key) is False else None


def loose_property(match: re.Match[str], facts: Facts) -> Stated | None:
    """ "In the picture, the cube is red": verified on a region, of an object that was not located."""
    seen, prop, holds = _seen(match, facts), quality_key(match["what"]), match["no"] is None
    if holds not in facts.loose_properties.get((seen.region, seen.name, prop), ()):
        return None
    return frozenset({Verified(seen.region, prop, holds)})


def extreme(match: re.Match[str], facts: Facts) -> Stated | None:
    """ "The cube at [..] is the leftmost of the 3 cubes", "... of the cubes": of all that there are."""
    subject, others, stated = _among(match, facts)
    word = EXTREMES[match["extreme"]]
    if not others or not all(is_so(word, subject, other, facts) for other in others):
        return None
    order = frozenset[Fact]().union(*(in_order(word[0], subject, other, facts) for other in others))
    return stated | order | {AtEnd(word[0])}


def nearest_to(match: re.Match[str], facts: Facts) -> Stated | None:
    """ "Horizontally, the car at [..] is the nearest to the tree of the 3 cars"."""
    subject, others, stated = _among(match, facts)
    axis, anchor = ALONG[match["along"]], refer_to_one(match["anchor"], facts)
    mine = distance(axis, subject, anchor, facts)
    others.discard(anchor)
    if not others or not all(mine < distance(axis, other, anchor, facts) for other in others):
        return None
    return stated | refer(match["anchor"], facts).spoken


def _among(match: re.Match[str], facts: Facts) -> tuple[GridBox, set[GridBox], Stated]:
    """Return the subject, the others of the name that it is one of, and what is spoken of."""
    subject = refer(match["subject"], facts)
    everything = refer(f"all {match['count'] or 'of the'} {match['name']}", facts)
    box = one_of(subject, match["subject"])
    if box not in everything.boxes:
        return box, set(), frozenset()
    return box, set(everything.boxes) - {box}, subject.spoken | everything.spoken


def _seen(match: re.Match[str], facts: Facts) -> Seen:
    place = match.groupdict().get("region")
    return Seen(region(place, facts) if place else facts.picture, name_key(match["name"]))
