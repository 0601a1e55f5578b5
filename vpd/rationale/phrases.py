"""The words of the template renderer: one sentence per note.

Objects are named by what they were searched as, with their boxes as [left top right bottom] on the 0-1000
grid wherever the name alone could mean another one. A note that cannot be put so that it is true and clear
gives no sentence.

The checker reads these forms on its own (`vpd.rationale.claims`); a new form needs a claim there.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from vpd.execution.trace import PatchRef, Value
from vpd.geometry import Box
from vpd.rationale.notes import (
    Counts,
    Exists,
    Extreme,
    Found,
    Note,
    Overlap,
    Property,
    Relation,
    Replies,
    Sum,
    Told,
)
from vpd.rationale.nouns import SHAPES, name_key, noun, plural, singular, with_article
from vpd.scoring.normalize import normalize

MOST_BOXES = 10  # a longer list of boxes is left out: nobody reads it and no small model learns it
RELATIONS = {"x": ("left of", "right of"), "y": ("above", "below"), "depth": ("in front of", "behind")}
EXTREMES = {"x": ("leftmost", "rightmost"), "y": ("topmost", "lowest"), "depth": ("nearest", "farthest")}
_ATTRIBUTES = ("color", "shape", "size", "material")
_ASKING = ("what", "which", "of", "is", "does", "have", "has", "the", "this", "that", "it", "its", "a", "an")
_SPARE = frozenset((*_ASKING, "object", "thing", "one"))


class Speaker:
    """Turns the notes of one run into sentences."""

    def __init__(self, notes: Sequence[Note], width: int, height: int) -> None:
        self.picture = Box(0, 0, width, height)
        self.known: dict[str, set[Box]] = defaultdict(set)
        for note in notes:
            if isinstance(note, Found):
                self.known[name_key(note.name)].update(p.box for p in note.patches)

    def say(self, note: Note) -> list[str]:
        """Return the sentences of a note, each with its full stop."""
        said = [s for s in self._sentences(note) if s is not None]
        return [f"{sentence[0].upper()}{sentence[1:]}." for sentence in said]

    def _sentences(self, note: Note) -> Iterable[str | None]:
        match note:
            case Found():
                return [self._found(note)]
            case Exists(region, name, there):
                return [f"{self._in(region)}there is {with_article(name) if there else f'no {noun(name)}'}"]
            case Property():
                return self._property(note)
            case Replies():
                return self._replies(note)
            case Relation():
                return self._relation(note)
            case Extreme():
                return [self._extreme(note)]
            case Counts():
                return [self._counts(note)]
            case Sum(one, other, sign):
                word = "plus" if sign > 0 else "minus"
                return [f"{_number(one)} {word} {_number(other)} is {_number(one + sign * other)}"]
            case Told():
                return [self._told(note)]
            case Overlap(one, other):
                verb = "overlaps" if one.box.overlap(other.box) > 0 else "does not overlap"
                return [self._about(one, verb, other)]

    def _found(self, note: Found) -> str:
        region, count = self._in(note.region), len(note.patches)
        if not count:
            return f"{region}I find no {noun(note.name)}"
        what = with_article(note.name) if count == 1 else f"{count} {plural(noun(note.name))}"
        place = f" at {self._boxes(note.patches)}" if count <= MOST_BOXES else ""
        return f"{region}I find {what}{place}"

    def _property(self, note: Property) -> list[str | None]:
        """Say for which patches the program found the result it looked for, or that it found none."""
        sentences: list[str | None] = []
        for patch in (p for p in note.holds if not self._is_known(p)):
            where = self._in(patch) or "in the picture, "
            sentences.append(
                f"{where}the {noun(note.name)} is {_not(note.holds[patch])}{_quality(note.prop, 1)}"
            )
        for patches in _by_name(p for p in note.holds if self._is_known(p)):
            sentences += self._quantified(patches, note.holds, note.wanted, partial(_quality, note.prop))
        return sentences

    def _quantified(
        self,
        patches: Sequence[PatchRef],
        holds: Mapping[PatchRef, bool],
        wanted: bool,
        said: Callable[[int], str],
    ) -> list[str | None]:
        """Say of which of some patches of one name something is as wanted; `said` takes their number."""
        some = [p for p in patches if holds[p] is wanted]
        name, count = patches[0].name, len(patches)
        everything = {p.box for p in patches} == self.known[name_key(name)]
        if count > 1 and everything and len(some) in (0, count):
            if holds[patches[0]]:
                return [f"all {count} {plural(noun(name))} are {said(count)}"]
            return [f"none of the {count} {plural(noun(name))} is {said(1)}"]
        if some:
            verb = "is" if len(some) == 1 else "are"
            return [f"{self._the(some)} {verb} {_not(wanted)}{said(len(some))}"]
        return [f"{self._the([p])} is {_not(holds[p])}{said(1)}" for p in patches]

    def _replies(self, note: Replies) -> list[str | None]:
        """Say the reply of each patch; patches of one name with one reply share a sentence."""
        sentences: list[str | None] = []
        for patches in _by_name(note.replies):
            for reply in dict.fromkeys(note.replies[p] for p in patches):
                same = [p for p in patches if note.replies[p] == reply]
                sentences.append(self._reply(note.question, same, reply))
        return sentences

    def _reply(self, question: str | None, patches: Sequence[PatchRef], reply: str) -> str | None:
        subject = self._the(patches)
        if subject is None or not reply:
            return None
        if question is None:
            return f"the best match for {subject} is {reply}"
        attribute = _attribute(question, patches[0].name)
        if attribute is not None:
            return f"the {attribute} of {subject} is {reply}"
        return f'for {subject}, the answer to "{" ".join(question.split())}" is {reply}'

    def _relation(self, note: Relation) -> list[str | None]:
        pairs = list(dict.fromkeys(note.pairs))
        if len(pairs) == 1:
            return [self._related(note, *pairs[0])]
        asked = note.asked
        if len({one.box for one, _, _ in pairs}) == 1:
            pairs, asked = [(other, one, -sign) for one, other, sign in pairs], -asked
        if len({other.box for _, other, _ in pairs}) > 1:
            return [self._related(note, *pair) for pair in pairs]
        anchor = self._the([pairs[0][1]])
        if anchor is None:
            return []
        word = RELATIONS[note.axis][asked > 0]
        holds = {one: sign == asked for one, _, sign in pairs}
        sentences: list[str | None] = []
        for patches in _by_name(p for p in holds if self._is_known(p)):
            sentences += self._quantified(patches, holds, True, lambda _: f"{word} {anchor}")
        return sentences

    def _related(self, note: Relation, one: PatchRef, other: PatchRef, sign: int) -> str | None:
        return self._about(one, f"is {RELATIONS[note.axis][sign > 0]}", other) if sign else None

    def _extreme(self, note: Extreme) -> str | None:
        name, among = note.patch.name, {p.box for p in note.among}
        if among != self.known[name_key(name)] or not self._is_first(note):
            return None
        word = EXTREMES[note.axis][note.sign > 0]
        return f"{self._the([note.patch])} is the {word} of the {len(among)} {plural(noun(name))}"

    def _is_first(self, note: Extreme) -> bool:
        """Tell whether the patch is alone at its end by its centre; depths are taken as they were sorted."""
        if note.axis == "depth":
            return True
        at = "xy".index(note.axis)
        mine = note.patch.box.center[at] * note.sign
        return all(p.box.center[at] * note.sign < mine for p in note.among if p.box != note.patch.box)

    def _counts(self, note: Counts) -> str:
        sign = (note.one > note.other) - (note.one < note.other)
        one, other = note.names
        if one is not None and other is not None and name_key(one) != name_key(other):
            how, than = {1: ("more", "than"), -1: ("fewer", "than"), 0: ("as many", "as")}[sign]
            return f"there are {how} {plural(noun(one))} {than} {plural(noun(other))}"
        how = {1: "more than", -1: "less than", 0: "equal to"}[sign]
        return f"{_number(note.one)} is {how} {_number(note.other)}"

    def _told(self, note: Told) -> str | None:
        """Fill in the method's own sentence."""
        template = note.method.denies if note.method.denies and not note.value else note.method.says
        slots = dict(zip(note.method.parameters, map(_argument, note.args), strict=True))
        if note.patch is not None:
            slots["patch"] = self._the([note.patch]) or f"the region {self._boxes([note.patch])}"
        return template.format(**slots, value=_answer(note.value))

    def _about(self, one: PatchRef, verb: str, other: PatchRef) -> str | None:
        first, second = self._the([one]), self._the([other])
        return f"{first} {verb} {second}" if first and second else None

    def _the(self, patches: Sequence[PatchRef]) -> str | None:
        """Refer to patches of one name, with boxes unless the name alone is clear; None if not known."""
        if patches[0].box == self.picture:
            return "the picture"
        if not all(self._is_known(p) for p in patches):
            return None
        name = noun(patches[0].name)
        if len(self.known[name_key(name)]) == 1:
            return f"the {name}"
        return f"the {name if len(patches) == 1 else plural(name)} at {self._boxes(patches)}"

    def _is_known(self, patch: PatchRef) -> bool:
        return patch.box in self.known[name_key(patch.name)]

    def _in(self, region: PatchRef) -> str:
        return "" if region.box == self.picture else f"in {self._boxes([region])}, "

    def _boxes(self, patches: Iterable[PatchRef]) -> str:
        grids = [p.box.on_grid(self.picture.width, self.picture.height) for p in patches]
        *most, last = [f"[{' '.join(map(str, grid))}]" for grid in grids]
        return f"{', '.join(most)} and {last}" if most else last


def _by_name(patches: Iterable[PatchRef]) -> list[list[PatchRef]]:
    grouped: dict[str, dict[Box, PatchRef]] = defaultdict(dict)
    for patch in patches:
        grouped[name_key(patch.name)].setdefault(patch.box, patch)
    return [list(group.values()) for group in grouped.values()]


def _attribute(question: str, name: str) -> str | None:
    """Return the attribute that "What color is the cube?" asks for, if that is all the question asks."""
    words = re.findall(r"\w+", question.lower().replace("colour", "color"))
    asked = [w for w in words if w in _ATTRIBUTES]
    spare = set(words) - _SPARE - set(asked) - set(noun(name).split())
    return asked[0] if len(asked) == 1 and not spare else None


def _quality(prop: str, count: int) -> str:
    """Return a property as what something is: "red", "a cube", "cubes"."""
    if singular(prop) not in SHAPES:
        return prop
    return with_article(prop) if count == 1 else plural(prop)


def _not(holds: bool) -> str:
    return "" if holds else "not "


def _argument(value: Value) -> str:
    """Return an argument as a sentence of a method has it."""
    if isinstance(value, tuple):
        return ", ".join(map(_argument, value))
    return _quotable(value) if isinstance(value, str) else _answer(value)


def _answer(value: Value) -> str:
    """Return an answer as a sentence of a method has it."""
    return _number(value) if isinstance(value, int | float) else _quotable(normalize(str(value)))


def _quotable(text: str) -> str:
    return " ".join(text.replace('"', "'").split())


def _number(value: float) -> str:
    return f"{value:g}"
