"""Sentences that compare: objects with one another, replies, counts."""

from collections.abc import Iterable

from vpd.execution.trace import PatchRef
from vpd.rationale.nouns import name_key, noun, plural
from vpd.rationale.reading.notes import (
    Compared,
    Contains,
    Counts,
    Different,
    Extreme,
    Frequent,
    Nearer,
    NearestTo,
    Overlaps,
    Relation,
    Same,
    Sum,
)
from vpd.rationale.reading.values import Axis
from vpd.rationale.telling.forms import Phrasing
from vpd.rationale.telling.naming import Naming, attribute_of, by_name, listed
from vpd.rationale.telling.quantified import Quantifier, Verb

RELATIONS: dict[Axis, tuple[str, str]] = {
    "x": ("left of", "right of"),
    "y": ("above", "below"),
    "depth": ("in front of", "behind"),
    "area": ("smaller than", "bigger than"),
    "height": ("shorter than", "taller than"),
    "width": ("narrower than", "wider than"),
}
EXTREMES: dict[Axis, tuple[str, str]] = {
    "x": ("leftmost", "rightmost"),
    "y": ("topmost", "lowest"),
    "depth": ("nearest", "farthest"),
    "area": ("smallest", "biggest"),
    "height": ("shortest", "tallest"),
    "width": ("narrowest", "widest"),
}
_HALVES = {"x": ("left", "right"), "y": ("upper", "lower")}
_ALONG = {"x": "horizontally", "y": "vertically"}


class Contrasts:
    """Says what was compared."""

    def __init__(self, naming: Naming, phrase: Phrasing, quantifier: Quantifier) -> None:
        self._naming = naming
        self._phrase = phrase
        self._quantifier = quantifier

    def say(self, note: Compared | Counts | Sum) -> Iterable[str | None]:
        """Return the sentences of a note, without capital and full stop."""
        match note:
            case Relation():
                return self._relation(note)
            case Overlaps():
                return self._overlaps(note)
            case Extreme():
                return [self._extreme(note)]
            case NearestTo(patch, among, axis, anchor):
                slots = {"subject": self._the(patch), "anchor": self._the(anchor), "how": _ALONG.get(axis)}
                names = plural(noun(patch.name))
                complete = self._naming.are_all(among, patch.name)
                return (
                    [self._if_clear("nearest to", slots, count=len(among), names=names)] if complete else []
                )
            case Nearer(near, far, axis, anchor):
                slots = {"near": self._the(near), "far": self._the(far), "anchor": self._the(anchor)}
                return [self._if_clear("nearer", {**slots, "how": _ALONG.get(axis)})]
            case Same(question, one, other, same):
                slots = {"one": self._the(one), "other": self._the(other)}
                slots["attribute"] = attribute_of(question, one.name, other.name)
                return [self._if_clear("same" if same else "not same", slots)]
            case Different(question, replies):
                form = "different" if len(replies) > 1 else "one only"
                slots = {"attribute": attribute_of(question)}
                return [self._if_clear(form, slots, count=len(replies), replies=listed(replies))]
            case Frequent(question, reply, count, total):
                slots = {"attribute": attribute_of(question)}
                return [self._if_clear("frequent", slots, reply=reply, count=count, total=total)]
            case Contains(text, part, holds):
                return [self._phrase("contains" if holds else "contains not", text=text, part=part)]
            case Counts():
                return [self._counts(note)]
            case Sum(one, other, sign):
                slots = {"one": _number(one), "other": _number(other), "result": _number(one + sign * other)}
                return [self._if_clear("plus" if sign > 0 else "minus", slots)]

    def _the(self, patch: PatchRef) -> str | None:
        return self._naming.the([patch])

    def _if_clear(self, form: str, slots: dict[str, str | None], **others: object) -> str | None:
        """Return the sentence of a form, or None if one of the slots could not be put in words."""
        return None if None in slots.values() else self._phrase(form, **slots, **others)

    def _relation(self, note: Relation) -> Iterable[str | None]:
        pairs = list({(one.box, other.box): (one, other, sign) for one, other, sign in note.pairs}.values())
        if len(pairs) == 1:
            return [self._related(note.axis, *pairs[0])]
        asked = note.asked
        if len({one.box for one, _, _ in pairs}) == 1:
            pairs, asked = [(other, one, -sign) for one, other, sign in pairs], -asked
        if len({other.box for _, other, _ in pairs}) > 1:
            return [self._related(note.axis, *pair) for pair in pairs]
        place = self._place(note.axis, asked, pairs[0][1])
        holds = {one: sign == asked for one, _, sign in pairs}
        if place is None:
            return []
        return self._each(holds, True, Verb.be(place, place))

    def _each(self, holds: dict[PatchRef, bool], wanted: bool, verb: Verb) -> list[str]:
        groups = by_name(p for p in holds if self._naming.is_known(p))
        return [said for patches in groups for said in self._quantifier.say(patches, holds, wanted, verb)]

    def _place(self, axis: Axis, sign: int, other: PatchRef) -> str | None:
        """Return where something is, or how large: "left of the cube", "in the left half of the picture"."""
        if self._naming.is_picture(other):
            return self._phrase("half", half=_HALVES[axis][sign > 0]) if axis in _HALVES else None
        anchor = self._the(other)
        return f"{self._phrase(RELATIONS[axis][sign > 0])} {anchor}" if anchor else None

    def _related(self, axis: Axis, one: PatchRef, other: PatchRef, sign: int) -> str | None:
        subject, place = self._the(one), self._place(axis, sign, other)
        return f"{subject} is {place}" if sign and subject and place else None

    def _overlaps(self, note: Overlaps) -> Iterable[str | None]:
        pairs = list({(one.box, other.box): (one, other) for one, other in note.pairs}.values())
        if len(pairs) > 1 and len({one.box for one, _ in pairs}) == 1:
            pairs = [(other, one) for one, other in pairs]
        if len(pairs) == 1 or len({other.box for _, other in pairs}) > 1:
            return [self._overlap(one, other) for one, other in pairs]
        anchor = self._the(pairs[0][1])
        if anchor is None:
            return []
        words = "overlaps", "overlap", "does not overlap", "do not overlap"
        verb = Verb(*(f"{word} {anchor}" for word in words))
        return self._each({one: _overlapping(one, other) for one, other in pairs}, note.wanted, verb)

    def _overlap(self, one: PatchRef, other: PatchRef) -> str | None:
        slots = {"one": self._the(one), "other": self._the(other)}
        return self._if_clear("do overlap" if _overlapping(one, other) else "do not overlap", slots)

    def _extreme(self, note: Extreme) -> str | None:
        if not self._naming.are_all(note.among, note.patch.name) or not _is_first(note):
            return None
        slots = {"subject": self._the(note.patch), "extreme": EXTREMES[note.axis][note.sign > 0]}
        count, names = len(note.among), plural(noun(note.patch.name))
        return self._if_clear("extreme", slots, count=count, names=names)

    def _counts(self, note: Counts) -> str:
        sign = (note.one > note.other) - (note.one < note.other)
        one, other = note.names
        if one is not None and other is not None and name_key(one) != name_key(other):
            form = {1: "more things", -1: "fewer things", 0: "as many things"}[sign]
            return self._phrase(form, one=plural(noun(one)), other=plural(noun(other)))
        form = {1: "more", -1: "less", 0: "equal"}[sign]
        return self._phrase(form, one=_number(note.one), other=_number(note.other))


def _is_first(note: Extreme) -> bool:
    """Tell whether the patch is alone at its end by its centre; other measures are taken as they were."""
    if note.axis not in ("x", "y"):
        return True
    at = "xy".index(note.axis)
    mine = note.patch.box.center[at] * note.sign
    return all(p.box.center[at] * note.sign < mine for p in note.among if p.box != note.patch.box)


def _overlapping(one: PatchRef, other: PatchRef) -> bool:
    return one.box.overlap(other.box) > 0


def _number(value: float) -> str:
    return f"{value:g}"
