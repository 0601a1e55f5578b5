"""What names for things mean to the tools for photographs: to the detector, to the classifier, or neither.

"red car", "a bus", "objects" and "animal" are understood; a colour may come first, other adjectives may not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vpd.tools.coco import KINDS, known_name
from vpd.tools.colors import known_color
from vpd.tools.photos.imagenet import numbers_of

_ANYTHING = frozenset({"object", "objects", "thing", "things", "item", "items"})
_ARTICLE = re.compile(r"^(?:an?|the|any|some)\s+")
_SAME = {
    "phone": "telephone", "beverage": "drink", "instrument": "musical instrument",
    "utensil": "kitchen utensil", "plane": "airplane", "geese": "goose", "wolves": "wolf",
}  # fmt: skip


class OutsideVocabulary(Exception):
    """A name that the models do not know, or a property that is neither a colour nor such a name."""


@dataclass(frozen=True)
class Name:
    """What is looked for.

    color:    a colour, or None for any
    detected: the detector's classes that are such things, or None for any object
    labels:   the classifier's classes that are such things
    certain:  whether the detector knows all such things, so that what it does not see is not there
    """

    color: str | None
    detected: frozenset[str] | None
    labels: frozenset[int]
    certain: bool


def parse_name(words: str) -> Name:
    """Read a name for things. Raises OutsideVocabulary."""
    rest = _ARTICLE.sub("", " ".join(words.lower().split()))
    first, _, others = rest.partition(" ")
    color = known_color(first) if others else None
    noun = others if color else rest
    if noun in _ANYTHING:
        return Name(color, None, frozenset(), True)
    known = known_name(noun)
    if known is not None:
        return Name(color, frozenset({known}), numbers_of(known), True)
    for form in _forms(noun):
        detected, labels = frozenset(KINDS.get(form, ())), numbers_of(form)
        if detected or labels:
            return Name(color, detected, labels, False)
    raise OutsideVocabulary(
        f"{_short(words)} is outside the vocabulary: the detector's 80 COCO names, such as person, car, dog, "
        "and the classifier's ImageNet names, such as squirrel, lemon, animal; with or without a colour"
    )


def detectable(words: str) -> Name:
    """Read a name of things that the detector can find. Raises OutsideVocabulary."""
    name = parse_name(words)
    if name.certain:
        return name
    if name.detected:
        raise OutsideVocabulary(
            f"{_short(words)} is a kind of thing, and this detector knows only some of that kind, by their "
            f"names: go through [{', '.join(map(repr, sorted(name.detected)))}]"
        )
    raise OutsideVocabulary(
        f"{_short(words)} is outside this detector's vocabulary, the 80 COCO names; exists may know it"
    )


def _forms(noun: str) -> Iterator[str]:
    """Yield the noun as it is, then what it may be the plural of."""
    yield _SAME.get(noun, noun)
    if noun.endswith("s"):
        yield _SAME.get(noun[:-1], noun[:-1])
    if noun.endswith("es"):
        yield noun[:-2]
    if noun.endswith("ies"):
        yield f"{noun[:-3]}y"


def _short(words: str) -> str:
    return repr(words if len(words) <= 60 else f"{words[:57]}...")
