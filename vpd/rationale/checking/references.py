"""How a sentence of a rationale names objects: "the red cube", "the cubes at [..] and [..]", "all 3 cubes",
"none of the 3 cubes", "2 of the 3 cubes", "none of the cubes", "the region [..]". A reference to one object
without its box is understood only if the trace has exactly one such object.
"""

import re
from dataclasses import dataclass

from vpd.rationale.checking.facts import Facts
from vpd.rationale.checking.stated import Fact, GridBox, Stated
from vpd.rationale.nouns import name_key, singular

BOX = r"\[\d{1,4} \d{1,4} \d{1,4} \d{1,4}\]"
BOXES = rf"{BOX}(?:, {BOX})*(?:,? and {BOX})?"
NAME = r"[^\W_](?:[\w' -]*\w)?"
REF = (
    rf"(?:the picture|the region {BOX}|(?:all|each of the|none of the|\d+ of the) \d+ {NAME}"
    rf"|(?:all|none) of the (?!\d){NAME}"
    rf"|the {NAME}(?: at {BOXES})?)"
)
_COUNTED = re.compile(rf"(all|each of the|none of the|\d+ of the) (\d+) ({NAME})")
_UNCOUNTED = re.compile(rf"(all|none) of the ({NAME})")
_PLACED = re.compile(rf"the ({NAME}?)(?: at ({BOXES}))?")


class ClaimError(Exception):
    """A reference or measure that the trace does not have; never leaves `check_sentence`."""


@dataclass(frozen=True)
class Reference:
    """The objects that a phrase speaks of, and the searches that it speaks of with them.

    A name alone, "the cube", "all of the cubes", speaks of no search: where or how many is not said. `some`
    is the number of them that the sentence is true of: all, none, or as many as it says.
    """

    boxes: tuple[GridBox, ...]
    some: int
    spoken: Stated = frozenset()

    @property
    def whole(self) -> bool:
        """Whether the sentence is about each of them."""
        return self.some == len(self.boxes)


def refer(text: str, facts: Facts) -> Reference:
    """Return what a reference means; raises ClaimError if the trace knows no such objects."""
    if text == "the picture":
        return Reference((facts.picture,), 1)
    if text.startswith("the region ["):
        return Reference((region(text, facts),), 1)
    if counted := _COUNTED.fullmatch(text):
        return _counted(counted[1], int(counted[2]), counted[3], facts)
    if uncounted := _UNCOUNTED.fullmatch(text):
        return _uncounted(uncounted[1], uncounted[2], facts)
    placed = _PLACED.fullmatch(text)
    if placed is None:
        raise ClaimError(f"{text!r} is not understood")
    known = _known_boxes(placed[1], facts)
    boxes = boxes_in(placed[2] or "") or known
    if not boxes or not set(boxes) <= set(known):
        raise ClaimError(f"no {singular(placed[1])!r} was found {placed[2] or 'at all'}")
    one = len(boxes) == 1 and (placed[2] is not None or len(known) == 1)
    if len(set(boxes)) != len(boxes) or (not one and placed[1] == singular(placed[1])):
        raise ClaimError(f"{text!r} could be any of {len(boxes)}")
    spoken = facts.found_as(name_key(placed[1]), boxes) if placed[2] else frozenset[Fact]()
    return Reference(boxes, len(boxes), spoken)


def refer_to_one(text: str, facts: Facts) -> GridBox:
    """Return the one box that a reference means; raises ClaimError if it is none or several."""
    return one_of(refer(text, facts), text)


def one_of(reference: Reference, text: str) -> GridBox:
    """Return the one box of a reference; raises ClaimError if it is none or several."""
    if not reference.whole or len(reference.boxes) != 1:
        raise ClaimError(f"{text!r} is not one object")
    return reference.boxes[0]


def region(text: str, facts: Facts) -> GridBox:
    """Return the box that a text has; raises ClaimError if it is no patch of the trace."""
    box = boxes_in(text)[0]
    if box not in facts.pixels:
        raise ClaimError(f"the program looked at no region {list(box)}")
    return box


def boxes_in(text: str) -> tuple[GridBox, ...]:
    """Return the boxes written in a text, in order."""
    numbers = [int(n) for n in re.findall(r"\d+", text)]
    return tuple((*numbers[i : i + 4],) for i in range(0, len(numbers), 4))  # type: ignore[misc]


def _counted(how: str, count: int, name: str, facts: Facts) -> Reference:
    boxes = _known_boxes(name, facts)
    if len(boxes) != count or not boxes:
        raise ClaimError(f"{name!r} are {len(boxes)}, not {count}")
    some = {"all": count, "each of the": count, "none of the": 0}.get(how)
    spoken = facts.found_as(name_key(name), boxes)
    return Reference(boxes, int(how.split(" ")[0]) if some is None else some, spoken)


def _uncounted(how: str, name: str, facts: Facts) -> Reference:
    """Return what "none of the cubes" means: what is true of all or none is so of any that may be meant."""
    boxes = _known_boxes(name, facts)
    if len(boxes) < 2:
        raise ClaimError(f"{name!r} are {len(boxes)}, not several")
    return Reference(boxes, len(boxes) if how == "all" else 0)


def _known_boxes(name: str, facts: Facts) -> tuple[GridBox, ...]:
    return tuple(sorted(facts.named.get(name_key(name), ())))
