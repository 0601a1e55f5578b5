"""Names of things in scenes: "small red cube", "Metal spheres", "grey thing" -> what an object must be.

The vocabulary is that of both levels together. Word order is free, because models write freely; a word
outside the vocabulary is reported by name, never ignored. Not here: questions (`vpd.tools.questions`).
"""

import re
from dataclasses import dataclass

from vpd.datasets.scenes.world import FULL

VALUES: dict[str, tuple[str, ...]] = {
    "shape": FULL.shapes,
    "color": FULL.colors,
    "size": FULL.sizes,
    "material": FULL.materials,
}
ATTRIBUTES = tuple(VALUES)
ANYTHING = ("object", "thing", "item", "shape", "solid", "block")
FILLERS = (
    "a",
    "an",
    "the",
    "one",
    "any",
    "colored",
    "coloured",
    "and",
    "made",
    "of",
    "in",
    "color",
    "colour",
)
SYNONYMS = {
    "grey": "gray",
    "violet": "purple",
    "turquoise": "cyan",
    "ball": "sphere",
    "box": "cube",
    "tiny": "small",
    "little": "small",
    "big": "large",
    "metallic": "metal",
    "shiny": "metal",
    "matte": "rubber",
}
_ATTRIBUTE_OF = {word: attribute for attribute, words in VALUES.items() for word in words}


class UnknownWordError(ValueError):
    """A name holds a word that these tools do not know, or contradicts itself."""


@dataclass(frozen=True)
class Traits:
    """What an object is, or must be; an empty field is open."""

    shape: str = ""
    color: str = ""
    size: str = ""
    material: str = ""

    def fits(self, other: "Traits") -> bool:
        """Tell whether an object with the other traits is of this name."""
        return all(getattr(self, a) in ("", getattr(other, a)) for a in ATTRIBUTES)


def parse_name(name: str) -> Traits:
    """Return what an object of this name must be; raises UnknownWordError that names the word."""
    found: dict[str, str] = {}
    words = re.findall(r"[^\W_]+", name.lower())
    if not words:
        raise UnknownWordError("the name is empty; say what to look for, such as 'red cube'")
    for word in words:
        value = known_word(word)
        if value in FILLERS or value in ANYTHING:
            continue
        attribute = _ATTRIBUTE_OF.get(value)
        if attribute is None:
            raise UnknownWordError(f"unknown word {word!r} in {name!r}; known are {', '.join(_ATTRIBUTE_OF)}")
        if found.setdefault(attribute, value) != value:
            raise UnknownWordError(f"{name!r} names two values of {attribute}")
    return Traits(**found)


def known_word(word: str) -> str:
    """Return the vocabulary's form of a lower-case word (singular, synonym resolved), or the word itself."""
    for form in (word, word.removesuffix("s"), word.removesuffix("es")):
        value = SYNONYMS.get(form, form)
        if value in _ATTRIBUTE_OF or value in ANYTHING or value in FILLERS:
            return value
    return word


def known_words() -> frozenset[str]:
    """Return every word of the vocabulary, synonyms included."""
    return frozenset((*_ATTRIBUTE_OF, *ANYTHING, *SYNONYMS))


def attribute_of(value: str) -> str | None:
    """Return the attribute that a vocabulary word is a value of."""
    return _ATTRIBUTE_OF.get(value)
