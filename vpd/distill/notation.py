"""How a student writes places: what it learns says [left top right bottom] on a 0-1000 grid.

    boxes    [469 177 740 490]     or, with place tokens, <x15><y5><x23><y15>
    points   [604 334]             the centre; with place tokens, <x19><y10>

Place tokens cut each axis into equal bins, as PaliGemma's <loc0000> do. With them a place is two or four
tokens that mean the same everywhere, and a small student learns to point in a fraction of the steps. A
tokenizer that has them is written to and read from with them; every other one takes the numbers.
"""

import re
from dataclasses import dataclass
from typing import Any, Literal

from vpd.geometry import GRID

NotationName = Literal["boxes", "points"]

_BOX = re.compile(r"\[(\d+) (\d+) (\d+) (\d+)\]")
_PLACE = re.compile(r"\s*<x(\d+)>\s*<y(\d+)>(?:\s*<x(\d+)>\s*<y(\d+)>)?")


def place_tokens(bins: int) -> list[str]:
    """Return the tokens of a tokenizer whose axes have this many bins."""
    return [f"<{axis}{number}>" for axis in "xy" for number in range(bins)]


@dataclass(frozen=True)
class Notation:
    """A way to write places. `bins`: place tokens of an axis; None: numbers."""

    name: NotationName = "boxes"
    bins: int | None = None

    @classmethod
    def of(cls, tokenizer: Any, name: NotationName = "boxes") -> "Notation":
        """Return the notation of a tokenizer, with place tokens if it has any."""
        bins = sum(token.startswith("<x") and token[2:-1].isdigit() for token in tokenizer.get_vocab())
        return cls(name, bins or None)

    def write(self, text: str) -> str:
        """Return a text with its boxes in this notation."""
        if self == Notation():
            return text
        return _BOX.sub(self._written, text)

    def read(self, text: str) -> str:
        """Return a text with places as [l t r b] or [x y] on the grid; a bin stands for its middle.

        Place tokens take the space before them, so it is given back.
        """
        return text if self.bins is None else _PLACE.sub(self._numbers, text)

    def _written(self, match: re.Match[str]) -> str:
        left, top, right, bottom = map(int, match.groups())
        centre = (left + right) / 2, (top + bottom) / 2
        numbers = (left, top, right, bottom) if self.name == "boxes" else centre
        if self.bins is None:
            return f"[{' '.join(str(round(n)) for n in numbers)}]"
        return "".join(f"<{'xy'[i % 2]}{self._bin(n)}>" for i, n in enumerate(numbers))

    def _bin(self, number: float) -> int:
        assert self.bins is not None
        return min(int(number * self.bins / GRID), self.bins - 1)

    def _numbers(self, match: re.Match[str]) -> str:
        assert self.bins is not None
        middles = [round((int(n) + 0.5) * GRID / self.bins) for n in match.groups() if n is not None]
        return f" [{' '.join(map(str, middles))}]"
