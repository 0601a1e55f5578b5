"""A question text with its meaning, and scenes in which it has an answer.

Not here: the texts (`vpd.datasets.everyday.questions`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Literal

from vpd.datasets.everyday.meaning import Unclear
from vpd.datasets.everyday.world import EverydayScene, Part, generate_scene
from vpd.errors import DataError

Family = Literal["gqa", "tallyqa", "okvqa"]
SPARE = 12  # scenes with an answer that are made for each one wanted
MOST_SEEDS = 400  # scenes tried for each one wanted


@dataclass(frozen=True)
class Form:
    """A question text with its meaning, and the parts that a scene needs for an answer.

    meaning: the true answer for a scene; raises Unclear where the question does not fit it
    """

    family: Family
    text: str
    parts: tuple[Part, ...]
    meaning: Callable[[EverydayScene], str | bool | int]

    def answer(self, scene: EverydayScene) -> str | None:
        """Return the true answer as text, or None where the question does not fit the scene."""
        try:
            found = self.meaning(scene)
        except Unclear:
            return None
        return ("yes" if found else "no") if isinstance(found, bool) else str(found)


def plant(names: str, least: int = 1, most: int = 1, colors: str = "", on: str = "") -> Part:
    """Return a part; names and colours are parted by bars: plant("dog|cat", 0, 3, "black|white")."""
    return Part(tuple(names.split("|")), least, most, tuple(filter(None, colors.split("|"))), on)


def worlds_for(form: Form, count: int, seed: int) -> list[EverydayScene]:
    """Return `count` scenes in which a question has an answer, each answer about as often as the others.

    Raises DataError if there are too few such scenes.
    """
    by_answer: dict[str, list[EverydayScene]] = {}
    found = 0
    for number in range(count * MOST_SEEDS):
        scene = generate_scene(f"{form.text}/{seed}/{number}", form.parts)
        answer = form.answer(scene)
        if answer is not None:
            by_answer.setdefault(answer, []).append(scene)
            found += 1
        if found == count * SPARE:
            break
    in_turn = [s for s in chain.from_iterable(zip_longest(*by_answer.values())) if s is not None]
    if len(in_turn) < count:
        raise DataError(f"only {len(in_turn)} scenes fit {form.text!r}: plant what it asks for")
    return in_turn[:count]
