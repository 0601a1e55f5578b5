"""The sentences that a rationale is made of: one table of forms, each with its phrasings.

A form's first phrasing is the plain one. Which is taken depends on the seed and on what is said, so the same
seed gives the same text. The checker reads all of them on its own (`vpd.rationale.checking.claims`): a new
form or phrasing needs a claim there.
"""

import hashlib
from collections.abc import Mapping, Sequence

from vpd.records import canonical_json

FORMS: Mapping[str, tuple[str, ...]] = {
    "found": (
        "I find {what} at {boxes}",
        "I see {what} at {boxes}",
        "there {is_} {what}, at {boxes}",
        "the picture shows {what}, at {boxes}",
    ),
    "found in": (
        "in {region}, I find {what} at {boxes}",
        "in {region}, I see {what} at {boxes}",
        "in {region}, there {is_} {what}, at {boxes}",
    ),
    "found many": ("I find {what}", "I see {what}"),
    "found many in": ("in {region}, I find {what}", "in {region}, I see {what}"),
    "nothing": ("I find no {name}", "I see no {name}", "there is no {name}", "no {name} was found"),
    "nothing in": (
        "in {region}, I find no {name}",
        "in {region}, I see no {name}",
        "in {region}, there is no {name}",
    ),
    "there": ("there is {what}", "{what} is present"),
    "there in": ("in {region}, there is {what}",),
    "not there": ("there is no {name}", "no {name} is present"),
    "not there in": ("in {region}, there is no {name}",),
    "all": ("all {count} {names} {plural}", "each of the {count} {names} {singular}"),
    "none": ("none of the {count} {names} {singular}",),
    "some": ("{some} of the {count} {names} {verb}",),
    "attribute": ("the {attribute} of {subject} is {reply}", "{subject} {has} the {attribute} {reply}"),
    "reply": (
        'for {subject}, the answer to "{question}" is {reply}',
        'the answer to "{question}" for {subject} is {reply}',
    ),
    "match": ("the best match for {subject} is {reply}", "{subject} {matches} {reply} best"),
    "extreme": (
        "{subject} is the {extreme} of the {count} {names}",
        "of the {count} {names}, {subject} is the {extreme}",
    ),
    "nearest to": (
        "{how}, {subject} is the nearest to {anchor} of the {count} {names}",
        "measured {how}, {subject} is the closest of the {count} {names} to {anchor}",
    ),
    "nearer": (
        "{how}, {near} is nearer to {anchor} than {far}",
        "measured {how}, {near} is closer to {anchor} than {far}",
    ),
    "do overlap": ("{one} overlaps {other}", "{one} and {other} overlap"),
    "do not overlap": ("{one} does not overlap {other}", "{one} and {other} do not overlap"),
    "same": ("{one} and {other} have the same {attribute}",),
    "not same": ("{one} and {other} have different {attribute}s",),
    "different": (
        "there are {count} different {attribute}s: {replies}",
        "the {attribute}s are {replies}",
    ),
    "one only": ("the only {attribute} is {replies}",),
    "frequent": (
        "the most frequent {attribute} is {reply}, with {count} of {total}",
        "{reply} is the most frequent {attribute}, with {count} of {total}",
    ),
    "contains": ('the text "{text}" contains "{part}"', 'the text "{text}" includes "{part}"'),
    "contains not": (
        'the text "{text}" does not contain "{part}"',
        'the text "{text}" does not include "{part}"',
    ),
    "more things": ("there are more {one} than {other}", "the {one} outnumber the {other}"),
    "fewer things": ("there are fewer {one} than {other}", "the {one} are fewer than the {other}"),
    "as many things": ("there are as many {one} as {other}", "the {one} are as many as the {other}"),
    "more": ("{one} is more than {other}", "{one} is greater than {other}"),
    "less": ("{one} is less than {other}", "{one} is smaller than {other}"),
    "equal": ("{one} is equal to {other}", "{one} equals {other}"),
    "plus": ("{one} plus {other} is {result}", "{one} and {other} make {result}"),
    "minus": ("{one} minus {other} is {result}", "{one} less {other} leaves {result}"),
    "half": ("in the {half} half of the picture",),
    "left of": ("left of", "to the left of"),
    "right of": ("right of", "to the right of"),
    "above": ("above", "higher than"),
    "below": ("below", "lower than"),
    "in front of": ("in front of", "closer than"),
    "behind": ("behind", "farther away than"),
    "smaller than": ("smaller than",),
    "bigger than": ("bigger than", "larger than"),
    "shorter than": ("shorter than",),
    "taller than": ("taller than",),
    "narrower than": ("narrower than",),
    "wider than": ("wider than",),
}


class Phrasing:
    """Chooses among the phrasings of forms; the empty seed takes the first of each."""

    def __init__(self, seed: str) -> None:
        self._seed = seed

    def __call__(self, form: str, **slots: object) -> str:
        """Return a sentence, or part of one, of a form with its slots filled in."""
        return self._chosen(form, FORMS[form], slots).format(**slots)

    def _chosen(self, form: str, phrasings: Sequence[str], slots: Mapping[str, object]) -> str:
        if not self._seed:
            return phrasings[0]
        said = canonical_json([self._seed, form, {k: str(v) for k, v in slots.items()}])
        return phrasings[int.from_bytes(hashlib.sha256(said.encode()).digest()[:4]) % len(phrasings)]
