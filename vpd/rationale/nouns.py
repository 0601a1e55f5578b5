"""English nouns as rationales use them: singular, plural, article, and one key for one kind of object.

Rules for regular nouns and a few irregular ones; a noun they get wrong reads badly but is never mistaken,
because the checker compares keys that both forms share.
"""

from vpd.scoring.normalize import normalize

IRREGULAR = {
    "person": "people",
    "man": "men",
    "woman": "women",
    "child": "children",
    "foot": "feet",
    "tooth": "teeth",
    "mouse": "mice",
    "knife": "knives",
    "leaf": "leaves",
    "shelf": "shelves",
    "sheep": "sheep",
    "bus": "buses",
}
PLURAL_ONLY = frozenset(("scissors", "skis", "pants", "jeans", "trousers", "shorts", "goggles"))
"""Nouns without a singular: "a pair of skis", "2 skis"."""
_COLORS = ("red", "blue", "green", "yellow", "purple", "cyan", "orange", "brown", "gray", "black", "white")
_SIZES = ("small", "large", "big", "tiny", "little")
_MATERIALS = ("metal", "rubber", "metallic", "wooden", "plastic", "shiny", "matte")
ADJECTIVES = frozenset((*_COLORS, *_SIZES, *_MATERIALS))
SHAPES = frozenset(("cube", "sphere", "cylinder", "cone", "box", "ball", "pyramid"))
_ARTICLES = ("a ", "an ", "the ")
_SINGULAR = {plural: noun for noun, plural in IRREGULAR.items()}
_HISSING = ("s", "x", "z", "ch", "sh")
_YOO_SOUND = ("uni", "use", "eu", "one")


def singular(name: str) -> str:
    """Return a name with its last word in the singular, lower case, without article: "red cube"."""
    words = " ".join(name.lower().split())
    for article in _ARTICLES:
        words = words.removeprefix(article)
    head, _, last = words.rpartition(" ")
    if last in PLURAL_ONLY:
        head = head.removeprefix("pairs of").removeprefix("pair of")
    return f"{head} {_one(last)}".strip()


def plural(name: str) -> str:
    """Return a name with its last word in the plural: "red cubes"."""
    head, _, last = singular(name).rpartition(" ")
    return f"{head} {_many(last)}".strip()


def noun(name: str) -> str:
    """Return a name that can stand as a noun: the singular, "pair of skis", "red object" for a bare "red".

    A bare "orange" is the fruit.
    """
    words = singular(name)
    if words.split(" ")[-1] in PLURAL_ONLY:
        return f"pair of {words}"
    return f"{words} object" if words.split(" ")[-1] in ADJECTIVES and words != "orange" else words


def with_article(name: str) -> str:
    """Return the noun with "a" or "an": "a cube", "an orange", "a pair of skis"."""
    words = noun(name)
    vowel = words[:1] in "aeiou" and not words.startswith(_YOO_SOUND)
    return f"{'an' if vowel else 'a'} {words}"


def name_key(name: str) -> str:
    """Return one key for all spellings of a kind of object: "the red cubes" and "red cube" share it.

    "object" and "thing" carry no meaning after an adjective, so "red object" shares the key of "red".
    """
    words = singular(name)
    head, _, last = words.rpartition(" ")
    return head if head and last in ("object", "thing") else words


def quality_key(text: str) -> str:
    """Return one key for all spellings of a property: "a cube", "cubes" and "cube" share it."""
    return singular(normalize(text))


def _one(word: str) -> str:
    if word in _SINGULAR or word in PLURAL_ONLY:
        return _SINGULAR.get(word, word)
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith("es") and word[:-2].endswith(_HISSING) and not word.endswith(("ses", "zes")):
        return word[:-2]
    if word.endswith("sses"):
        return word[:-2]
    keeps = len(word) < 4 or word.endswith(("ss", "us", "is"))
    return word[:-1] if word.endswith("s") and not keeps else word


def _many(word: str) -> str:
    if word in IRREGULAR or word in PLURAL_ONLY:
        return IRREGULAR.get(word, word)
    if word.endswith(_HISSING):
        return f"{word}es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}s"
