"""Boxes taken out of a text before a model reads it, and put back into what the model wrote.

A marker such as [B1] is copied more surely than four numbers and takes fewer tokens, and texts that differ in
their boxes alone become one text, which is asked once. Not here: whether a box stands where it belongs; that
is for the check of the whole rationale (`vpd.rationale.faithful`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_BOX = re.compile(r"\[\d+ \d+ \d+ \d+\]")
_MARKER = re.compile(r"\[B\d+\]")


@dataclass(frozen=True)
class Masked:
    """A text with a marker for each distinct box, numbered as they come up, and the boxes by marker."""

    text: str
    boxes: Mapping[str, str]

    def unmask(self, text: str) -> str:
        """Return a text with its markers replaced by boxes; a marker without a box stays."""
        return _MARKER.sub(lambda marker: self.boxes.get(marker[0], marker[0]), text)


def mask(text: str) -> Masked:
    """Return the text with markers for its boxes ("[l t r b]", whole numbers)."""
    markers: dict[str, str] = {}
    masked = _BOX.sub(lambda box: markers.setdefault(box[0], f"[B{len(markers) + 1}]"), text)
    return Masked(masked, {marker: box for box, marker in markers.items()})
