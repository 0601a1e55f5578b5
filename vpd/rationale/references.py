"""How a sentence of a rationale names objects: "the red cube", "the cubes at [..] and [..]", "all 3 cubes",
"none of the 3 cubes". A reference without a box is understood only if the trace has exactly one such object.
"""

import re
from dataclasses import dataclass

from vpd.rationale.facts import Facts, GridBox
from vpd.rationale.nouns import name_key, singular

BOX = r"\[\d+ \d+ \d+ \d+\]"
BOXES = rf"{BOX}(?:, {BOX})*(?: and {BOX})?"
NAME = r"[^\W_](?:[\w' -]*\w)?"
REF = rf"(?:the picture|all \d+ {NAME}|none of the \d+ {NAME}|the {NAME}(?: at {BOXES})?)"
_COUNTED = re.compile(rf"(all|none of the) (\d+) ({NAME})")
_PLACED = re.compile(rf"the ({NAME}?)(?: at ({BOXES}))?")


class ClaimError(Exception):
    """A reference or measure that the trace does not have; never leaves `check_sentence`."""


@dataclass(frozen=True)
class Reference:
    """The objects that a phrase speaks of; `denied` for "none of the ..."."""

    boxes: tuple[GridBox, ...]
    denied: bool = False


def refer(text: str, facts: Facts) -> Reference:
    """Return what a reference means; raises ClaimError if the trace knows no such objects."""
    if text == "the picture":
        return Reference((facts.picture,))
    if counted := _COUNTED.fullmatch(text):
        boxes = _known_boxes(counted[3], facts)
        if len(boxes) != int(counted[2]):
            raise ClaimError(f"{counted[3]!r} are {len(boxes)}, not {counted[2]}")
        return Reference(boxes, denied=counted[1] != "all")
    placed = _PLACED.fullmatch(text)
    if placed is None:
        raise ClaimError(f"{text!r} is not understood")
    known = _known_boxes(placed[1], facts)
    boxes = boxes_in(placed[2] or "") or known
    if not set(boxes) <= set(known):
        raise ClaimError(f"no {singular(placed[1])!r} was found at {placed[2]}")
    one = len(boxes) == 1 and (placed[2] is not None or len(known) == 1)
    if len(set(boxes)) != len(boxes) or (not one and placed[1] == singular(placed[1])):
        raise ClaimError(f"{text!r} could be any of {len(boxes)}")
    return Reference(boxes)


def refer_to_one(text: str, facts: Facts) -> GridBox:
    """Return the one box that a reference means; raises ClaimError if it is none or several."""
    reference = refer(text, facts)
    if reference.denied or len(reference.boxes) != 1:
        raise ClaimError(f"{text!r} is not one object")
    return reference.boxes[0]


def boxes_in(text: str) -> tuple[GridBox, ...]:
    """Return the boxes written in a text, in order."""
    numbers = [int(n) for n in re.findall(r"\d+", text)]
    return tuple((*numbers[i : i + 4],) for i in range(0, len(numbers), 4))  # type: ignore[misc]


def _known_boxes(name: str, facts: Facts) -> tuple[GridBox, ...]:
    return tuple(sorted(facts.named.get(name_key(name), ())))
