"""ImageNet's 1000 classes: their names, what people call them, and the kinds of things that they are.

The table is `imagenet.txt`, one class a line in the order of the classifier's output. Everyday names and
kinds are hypernyms in WordNet 3.0, chosen by hand for everyday use.
"""

from collections import defaultdict
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class Label:
    """A class: all its names, the everyday name (its first name if there is none other), its kinds."""

    names: tuple[str, ...]
    everyday: str
    kinds: tuple[str, ...]


def _read() -> tuple[Label, ...]:
    text = files("vpd.tools.photos").joinpath("imagenet.txt").read_text(encoding="utf-8")
    rows = [(*line.split("\t"), "", "")[:3] for line in text.splitlines() if not line.startswith("#")]
    return tuple(
        Label(
            tuple(names.split(", ")), everyday or names.split(", ")[0], tuple(filter(None, kinds.split(", ")))
        )
        for names, everyday, kinds in rows
    )


LABELS = _read()


def _by_name() -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for number, label in enumerate(LABELS):
        for name in (*label.names, label.everyday, *label.kinds):
            found[name.lower()].add(number)
    return {name: frozenset(numbers) for name, numbers in found.items()}


_NUMBERS = _by_name()


def numbers_of(name: str) -> frozenset[int]:
    """Return the numbers of the classes of this name or kind, in lower case; empty if there is none."""
    return _NUMBERS.get(name, frozenset())
