"""Questions about generated scenes: a fixed bank of texts per level, answered from ground truth.

Six families: count, exist, attribute, compare, spatial, compose. A form is a text with a meaning: applied to
a scene it gives the answer, or None where the question does not fit (its "the red cube" is not unique). Each
picture draws families in turn and, inside a family, an answer before a question: answers are balanced.

The labels made here are the only use of ground truth in the pipeline.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from itertools import permutations, product

from vpd.datasets.scenes.world import Level, Scene, SceneObject

FAMILIES = ("count", "exist", "attribute", "compare", "spatial", "compose")
# Texts kept per level and family, by rank of their hash: about 260 a level.
BANK_SIZE = {"count": 28, "exist": 43, "attribute": 40, "compare": 44, "spatial": 52, "compose": 50}
HELD_OUT_SHARE = 10  # one text in ten occurs only in the test split

Objects = tuple[SceneObject, ...]


@dataclass(frozen=True)
class AskedQuestion:
    """A question about one scene with its true answer."""

    text: str
    answer: str
    family: str


@dataclass(frozen=True)
class Form:
    """A question text and its meaning: the answer for a scene's objects, or None where it does not fit."""

    family: str
    text: str
    answer: Callable[[Objects], str | None]


@dataclass(frozen=True)
class Noun:
    """A description such as "small red cube"; an empty field matches everything."""

    size: str = ""
    color: str = ""
    material: str = ""
    shape: str = ""

    @property
    def one(self) -> str:
        """The singular: "small red cube", "red object"."""
        return " ".join(w for w in (self.size, self.color, self.material, self.shape or "object") if w)

    @property
    def many(self) -> str:
        """The plural."""
        return f"{self.one}s"

    @property
    def a(self) -> str:
        """The singular with its indefinite article."""
        return f"{'an' if self.one[0] in 'aeiou' else 'a'} {self.one}"

    def among(self, objects: Objects) -> Objects:
        """Return the objects that fit."""
        return tuple(o for o in objects if self._fits(o))

    def only(self, objects: Objects) -> SceneObject | None:
        """Return the object that fits if it is the only one."""
        found = self.among(objects)
        return found[0] if len(found) == 1 else None

    def _fits(self, o: SceneObject) -> bool:
        wanted = (
            (self.size, o.size),
            (self.color, o.color),
            (self.material, o.material),
            (self.shape, o.shape),
        )
        return all(not want or want == have for want, have in wanted)


RELATIONS: dict[str, Callable[[SceneObject, SceneObject], bool]] = {
    "left of": lambda a, b: a.box.center[0] < b.box.center[0],
    "right of": lambda a, b: a.box.center[0] > b.box.center[0],
    "in front of": lambda a, b: a.depth < b.depth,
    "behind": lambda a, b: a.depth > b.depth,
}


def ask(scene: Scene, level: Level, count: int, seed: int) -> list[AskedQuestion]:
    """Return up to `count` different questions about a scene, families in turn, answers balanced."""
    rng = random.Random(f"{seed}/{scene.seed}")
    by_family: dict[str, list[AskedQuestion]] = {family: [] for family in FAMILIES}
    for form in bank(level):
        answer = form.answer(scene.objects)
        if answer is not None:
            by_family[form.family].append(AskedQuestion(form.text, answer, form.family))
    asked: list[AskedQuestion] = []
    order = rng.sample(FAMILIES, len(FAMILIES))
    while len(asked) < count and any(by_family.values()):
        for family in order:
            fitting = by_family[family]
            if not fitting or len(asked) == count:
                continue
            answer = rng.choice(sorted({q.answer for q in fitting}))
            chosen = rng.choice([q for q in fitting if q.answer == answer])
            fitting.remove(chosen)
            asked.append(chosen)
    return asked


def is_held_out(text: str) -> bool:
    """Tell whether a text is kept for the test split."""
    return _rank(f"held out: {text}") % HELD_OUT_SHARE == 0


@cache
def bank(level: Level) -> tuple[Form, ...]:
    """Return the level's question texts: the best-ranked of each family, in a fixed order."""
    makers = (_count, _exist, _attribute, _compare, _spatial, _compose)
    kept: list[Form] = []
    for family, make in zip(FAMILIES, makers, strict=True):
        kept += sorted(make(level), key=lambda f: _rank(f.text))[: BANK_SIZE[family]]
    return tuple(kept)


def _rank(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:8], "big")


def _nouns(level: Level) -> list[Noun]:
    shapes = [Noun(shape=s) for s in level.shapes]
    colors = [Noun(color=c) for c in level.colors]
    both = [Noun(color=c, shape=s) for c, s in product(level.colors, level.shapes)]
    sized = [Noun(size=z, shape=s) for z, s in product(level.sizes, level.shapes)]
    made = [Noun(material=m, shape=s) for m, s in product(level.materials, level.shapes)]
    return shapes + colors + both + sized + made


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _count(level: Level) -> Iterator[Form]:
    for noun in [Noun(), *_nouns(level), *(Noun(size=z) for z in level.sizes)]:
        yield Form("count", f"How many {noun.many} are there?", lambda o, n=noun: str(len(n.among(o))))  # type: ignore[misc]


def _exist(level: Level) -> Iterator[Form]:
    full = [Noun(z, c, "", s) for z, c, s in product(level.sizes, level.colors, level.shapes)]
    for noun in _nouns(level) + full:
        yield Form("exist", f"Is there {noun.a}?", lambda o, n=noun: _yes(bool(n.among(o))))  # type: ignore[misc]


def _attribute(level: Level) -> Iterator[Form]:
    asked = ["color", "shape", "size"] + (["material"] if level.materials else [])
    nouns = _nouns(level) + [Noun(size=z) for z in level.sizes]
    nouns += [Noun(size=z, color=c) for z, c in product(level.sizes, level.colors)]
    for attribute, noun in product(asked, nouns):
        if getattr(noun, attribute):
            continue
        yield Form("attribute", f"What {attribute} is the {noun.one}?", _attribute_of(attribute, noun.only))


def _attribute_of(
    attribute: str, pick: Callable[[Objects], SceneObject | None]
) -> Callable[[Objects], str | None]:
    def answer(objects: Objects) -> str | None:
        found = pick(objects)
        return None if found is None else str(getattr(found, attribute))

    return answer


def _compare(level: Level) -> Iterator[Form]:
    shapes = permutations([Noun(shape=s) for s in level.shapes], 2)
    colors = permutations([Noun(color=c) for c in level.colors], 2)
    for a, b in [*shapes, *colors]:
        for word, than, holds in (
            ("more", "than", lambda x, y: x > y),
            ("fewer", "than", lambda x, y: x < y),
            ("as many", "as", lambda x, y: x == y),
        ):
            yield Form(
                "compare",
                f"Are there {word} {a.many} {than} {b.many}?",
                lambda o, a=a, b=b, h=holds: _yes(h(len(a.among(o)), len(b.among(o)))),  # type: ignore[misc]
            )


def _spatial(level: Level) -> Iterator[Form]:
    pairs = [
        *permutations([Noun(shape=s) for s in level.shapes], 2),
        *permutations([Noun(color=c) for c in level.colors], 2),
    ]
    for (a, b), relation in product(pairs, RELATIONS):
        yield Form("spatial", f"Is the {a.one} {relation} the {b.one}?", _relation_holds(a, b, relation))


def _relation_holds(a: Noun, b: Noun, relation: str) -> Callable[[Objects], str | None]:
    def answer(objects: Objects) -> str | None:
        first, second = a.only(objects), b.only(objects)
        if first is None or second is None or first is second:
            return None
        return _yes(RELATIONS[relation](first, second))

    return answer


def _compose(level: Level) -> Iterator[Form]:
    colored = [Noun(color=c, shape=s) for c, s in product(level.colors, level.shapes)]
    targets = [Noun(), *(Noun(size=z) for z in level.sizes), *(Noun(shape=s) for s in level.shapes)]
    targets += [Noun(size=z, shape=s) for z, s in product(level.sizes, level.shapes)]
    anchors = [*(Noun(shape=s) for s in level.shapes), *(Noun(color=c) for c in level.colors), *colored]
    for a, b in permutations(colored, 2):
        yield Form(
            "compose", f"Is there {a.a} and {b.a}?",
            lambda o, a=a, b=b: _yes(bool(a.among(o)) and bool(b.among(o))),  # type: ignore[misc]
        )  # fmt: skip
        yield Form(
            "compose", f"Is there {a.a} or {b.a}?",
            lambda o, a=a, b=b: _yes(bool(a.among(o)) or bool(b.among(o))),  # type: ignore[misc]
        )  # fmt: skip
    for anchor, relation in product(anchors, RELATIONS):
        where = f"{relation} the {anchor.one}"
        yield Form("compose", f"How many objects are {where}?", _count_related(Noun(), relation, anchor))
        for noun in targets:
            if noun.shape and noun.shape == anchor.one:
                continue  # "the small cube left of the cube": with one cube there is no other
            pick = _related(noun, relation, anchor)
            yield Form("compose", f"What color is the {noun.one} {where}?", _attribute_of("color", pick))
            if not noun.shape:
                yield Form("compose", f"What shape is the {noun.one} {where}?", _attribute_of("shape", pick))


def _beside(noun: Noun, relation: str, anchor: Noun, objects: Objects) -> Objects | None:
    """The objects that fit the noun and stand in the relation to the one anchor; None without one anchor."""
    at = anchor.only(objects)
    if at is None:
        return None
    return tuple(o for o in noun.among(objects) if o is not at and RELATIONS[relation](o, at))


def _related(noun: Noun, relation: str, anchor: Noun) -> Callable[[Objects], SceneObject | None]:
    def pick(objects: Objects) -> SceneObject | None:
        found = _beside(noun, relation, anchor, objects)
        return found[0] if found and len(found) == 1 else None

    return pick


def _count_related(noun: Noun, relation: str, anchor: Noun) -> Callable[[Objects], str | None]:
    def answer(objects: Objects) -> str | None:
        found = _beside(noun, relation, anchor, objects)
        return None if found is None else str(len(found))

    return answer
