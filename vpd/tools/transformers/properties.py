"""What is said of a picture to check a property: the claim, and what would be said if it were wrong.

Surís et al., ViperGPT (ICCV 2023), check a property by comparing texts. Here the claim "a photo of a red car"
stands against the same with other attributes of its kind, as far as the kind is known, and against "a photo
of a car", which wins if the property adds nothing that can be seen.
"""

from vpd.tools.colors import COLORS, known_color

_KINDS: tuple[tuple[str, ...], ...] = (
    COLORS,
    ("wooden", "metal", "plastic", "glass", "leather", "stone", "paper", "fabric", "rubber"),
    ("striped", "spotted", "checkered", "plain", "floral"),
    ("round", "square", "rectangular", "triangular"),
    ("small", "large"),
    ("short", "tall"),
    ("open", "closed"),
    ("empty", "full"),
    ("old", "young", "new"),
    ("wet", "dry"),
    ("clean", "dirty"),
    ("standing", "sitting", "lying", "walking", "running", "jumping"),
    ("happy", "sad", "angry"),
    ("male", "female"),
    ("bright", "dark"),
)
_AFTER = frozenset({"in", "on", "with", "at", "of", "under", "near", "behind", "made", "without"})


def claims(object_name: str, property: str) -> list[str]:
    """Return the claim, and after it what stands against it; all in lower case."""
    thing, said = (" ".join(words.lower().split()) for words in (object_name, property))
    same = {known_color(word) or word for word in said.split()}
    others = [other for other in _same_kind(said) if other not in same]
    return [photo_of(described) for described in (*(_described(thing, p) for p in (said, *others)), thing)]


def photo_of(words: str) -> str:
    """Return "a photo of a car" for "car", "a photo of an old car" for "old car"."""
    plain = " ".join(words.lower().split())
    if plain.startswith(("a ", "an ", "the ", "some ", "two ", "many ")):
        return f"a photo of {plain}"
    return f"a photo of {'an' if plain[:1] in 'aeiou' else 'a'} {plain}"


def _same_kind(said: str) -> tuple[str, ...]:
    """Return the kind that a property's last word is of, such as all colours; empty if none is known."""
    last = said.rpartition(" ")[2]
    word = known_color(last) or last
    return next((kind for kind in _KINDS if word in kind), ())


def _described(thing: str, property: str) -> str:
    """Return "red car", but "man holding a cup": a phrase goes behind what it describes."""
    first, _, rest = property.partition(" ")
    behind = first in _AFTER or (first.endswith("ing") and rest)
    return f"{thing} {property}" if behind else f"{property} {thing}"
