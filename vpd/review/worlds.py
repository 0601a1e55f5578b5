"""Made-up worlds: tools that answer without a picture, by type, so that a program can be tried out.

Each world is a blank picture of its own. An answer depends on the world, the region and the arguments alone,
and differs from world to world:

    three even     one, two, three of everything; all is true
    four mixed     of each name none in one of them, one to three in the others; a part is true
    last           nothing is there; all is false

Texts are of the kind that is asked for: one of the options, a number, a colour, or else a word that all
vocabularies know. What the real tools refuse by the arguments alone is refused here
(`vpd.tools.spec.ToolSetSpec.refuses`).
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vpd.geometry import Box
from vpd.review.answer_type import answer_type, option_words
from vpd.tools.methods import IMAGE_PATCH, Method, Plain
from vpd.tools.protocol import Detection, Picture, ToolCard, ToolFailure, ToolRequest, ToolResult, ToolSet
from vpd.tools.spec import Refuses, ToolSetSpec

_EVEN, _MIXED = 3, 4
_LAST = _EVEN + _MIXED
_TRUE_ABOVE = (0, 1, 0, 1)  # in the mixed worlds: true of some and false of others, never where nothing is
PICTURES = tuple(Picture(f"world {n}", np.zeros((480, 640, 3), np.uint8)) for n in range(_LAST + 1))
"""The worlds' pictures, in order."""

_NUMBERS = ("2", "1", "3", "4")
_WORDS = ("object", "thing", "item")
_WRITTEN = ("STOP", "12 Main Street", "Open from 9 to 5")
_ASKED_FOR = (
    (r"colou?rs?", ("red", "blue", "green", "yellow")),
    (r"material|made", ("metal", "rubber")),
    (r"shapes?", ("cube", "sphere", "cylinder")),
    (r"sizes?|big|large", ("large", "small")),
    (r"numbers?|many|much|old|age|tall|long|far|year|time|count", _NUMBERS),
)


@dataclass(frozen=True)
class _Draw:
    """What chance has in store for one call in one world."""

    world: int
    key: tuple[object, ...]

    def number(self, *more: object) -> int:
        """Return a large number that depends on the world and the call."""
        return _hash(self.world, *self.key, *more)

    @property
    def amount(self) -> int:
        """How many things there are, 0 to 3."""
        if self.world < _EVEN:
            return self.world + 1
        absent = self.world in (_LAST, _EVEN + _hash(*self.key) % _MIXED)
        return 0 if absent else 1 + self.number("amount") % 3

    @property
    def truth(self) -> bool:
        """Whether what is asked is so."""
        mixed = _EVEN <= self.world < _LAST
        return self.amount > _TRUE_ABOVE[self.world - _EVEN] if mixed else self.world < _EVEN

    def one_of(self, words: Sequence[str]) -> str:
        """Return one of the words."""
        return words[self.number("word") % len(words)]

    def boxes(self, region: Box) -> tuple[Detection, ...]:
        """Return boxes within a region, from left to right."""
        found = sorted(
            (self._box(region, n) for n in range(self.amount)), key=lambda box: (box.left, box.top)
        )
        return tuple(Detection(box, 0.9) for box in found)

    def _box(self, region: Box, number: int) -> Box:
        left, top, wide, high = (self.number(number, edge) % 1000 / 1000 for edge in range(4))
        x, y = region.left + 0.6 * left * region.width, region.top + 0.6 * top * region.height
        return Box(x, y, x + (0.1 + 0.3 * wide) * region.width, y + (0.1 + 0.3 * high) * region.height)


class MadeUpTool:
    """Answers one method in all worlds."""

    def __init__(self, method: Method, refuses: Refuses) -> None:
        self.card = ToolCard(method.kind, f"made up {method.name}")
        self._method, self._refuses = method, refuses

    def run(self, batch: Sequence[ToolRequest]) -> list[ToolResult | ToolFailure]:
        """Answer every request on its own."""
        return [self._answer(request) for request in batch]

    def _answer(self, request: ToolRequest) -> ToolResult | ToolFailure:
        refused = self._refuses(self._method.name, request.args)
        if refused is not None:
            return refused
        if not self._method.looks:
            return ToolResult(self._value(_Draw(0, request.args), request.args))
        draw = _Draw(int(request.picture.image_id.split()[1]), (request.region, request.args))
        if self._method.returns_patches:
            return ToolResult(draw.boxes(request.region))
        return ToolResult(self._value(draw, request.args))

    def _value(self, draw: _Draw, args: tuple[Plain, ...]) -> Plain:
        if self._method.returns == "bool":
            return draw.truth
        if self._method.returns == "int":
            return draw.amount
        if self._method.returns == "float":
            return 1 + draw.number() % 900 / 100
        return _text(draw, args)


def made_up_tools(spec: ToolSetSpec) -> ToolSet:
    """Return made-up tools for the methods of a tool set."""
    tools = {method.name: MadeUpTool(method, spec.refuses) for method in spec.methods.values()}
    return ToolSet("made up", tools, 1, {**IMAGE_PATCH, **spec.methods})


def _text(draw: _Draw, args: tuple[Plain, ...]) -> str:
    options = next((arg for arg in args if isinstance(arg, tuple)), ())
    if options:
        return draw.one_of([str(option) for option in options])
    question = next((arg for arg in reversed(args) if isinstance(arg, str)), None)
    if question is None:
        return "" if draw.world == _LAST else draw.one_of(_WRITTEN)
    kind = answer_type(question)
    if kind == "yes or no":
        return "yes" if draw.truth else "no"
    if kind == "number":
        return "0" if draw.world == _LAST else draw.one_of(_NUMBERS)
    return draw.one_of(option_words(question) or _words_for(question))


def _words_for(question: str) -> Sequence[str]:
    asked = question.lower()
    return next((words for cue, words in _ASKED_FOR if re.search(rf"\b(?:{cue})\b", asked)), _WORDS)


def _hash(*parts: object) -> int:
    return int.from_bytes(hashlib.blake2b(repr(parts).encode(), digest_size=8).digest(), "big")
