"""Programs that differ in nothing but the words of their texts share one preparation.

A language model asked about a red cube and about a blue sphere writes the same program twice. Preparing one
(`vpd.execution.instrument`) costs as much as running it; so plain texts are taken out before, and put back
into what was prepared. Only texts of letters, digits and blanks: nothing in them can mean anything to the
parser, wherever they stand.
"""

import re
from dataclasses import dataclass

_TEXT = re.compile(r"(['\"])([A-Za-z0-9 ]{1,80})\1")
_PLACE = re.compile(r"vpdw(\d+)w")
_NAMES_IN_TEXTS = "attr"  # getattr(x, 'left'), hasattr: there a text decides what the program needs


@dataclass(frozen=True)
class Wording:
    """A program with its plain texts replaced by numbered places, and those texts."""

    shape: str
    texts: tuple[str, ...]

    def put_back(self, text: str) -> str:
        """Return a text made from the shape with the program's own words."""
        return _PLACE.sub(lambda place: self.texts[int(place[1])], text)


def wording(source: str) -> Wording:
    """Take a program's plain texts out; equal texts get the same place."""
    if _NAMES_IN_TEXTS in source or _PLACE.search(source):
        return Wording(source, ())
    places: dict[str, int] = {}

    def place(found: re.Match[str]) -> str:
        return f"{found[1]}vpdw{places.setdefault(found[2], len(places))}w{found[1]}"

    return Wording(_TEXT.sub(place, source), tuple(places))
