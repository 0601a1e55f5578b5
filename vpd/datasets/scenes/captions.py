"""What a base model is pretrained on: names bound to places in generated pictures, and no questions.

    Describe the picture.           large yellow sphere [21 135 306 413]; small green cube [229 326 406 556]
    Name [21 135 306 413].          large yellow sphere
    Find green objects.             I see a green object at [229 326 406 556].
    Find the cube and red spheres.  There is a cube, at [229 326 406 556]. No red sphere was found.

It plays the part that captions and detection play in the pretraining of PaLI: both arms of a distillation
start from it, so what sets them apart is still the rationales. Boxes are [left top right bottom] on the
0-1000 grid, and what is found is told in the phrasings of rationales (`vpd.rationale.telling`), so that their
words have a meaning before any reasoning is learnt. Ground truth is read here as labels are: to learn from,
never by a tool or program.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vpd.datasets.scenes.world import Level, Scene, SceneObject
from vpd.rationale.nouns import plural, with_article
from vpd.rationale.telling.forms import Phrasing
from vpd.rationale.telling.naming import listed

NAMED = 2  # objects of a picture that are named from their boxes
FOUND = (1, 1, 2, 2)  # descriptions that are looked for at once
THERE = 0.65  # share of descriptions taken from an object of the picture; of the others most find nothing


@dataclass(frozen=True)
class Caption:
    """What a model is told beside the picture, and what it should write."""

    prompt: str
    target: str


def captions(scene: Scene, level: Level, seed: int) -> list[Caption]:
    """Return the captions of a picture, always the same for the same scene and seed."""
    rng = random.Random(f"{seed}/{scene.level}/{scene.seed}")
    objects = sorted(scene.objects, key=lambda o: o.box.center[0])
    whole = "; ".join(f"{_name(o)} {_place(o, scene)}" for o in objects)
    named = rng.sample(objects, min(NAMED, len(objects)))
    return [
        Caption("Describe the picture.", whole),
        *(Caption(f"Name {_place(o, scene)}.", _name(o)) for o in named),
        *(_find(objects, scene, level, number, rng) for number in FOUND),
    ]


def _find(
    objects: Sequence[SceneObject], scene: Scene, level: Level, number: int, rng: random.Random
) -> Caption:
    phrase = Phrasing(f"{rng.random()}")
    names, sentences = [], []
    for words in _descriptions(objects, level, number, rng):
        name = " ".join(words if words[-1] in level.shapes else (*words, "object"))
        names.append(rng.choice((plural(name), f"the {name}")))
        places = [_place(o, scene) for o in objects if set(words) <= set(_words(o))]
        told = _told(name, places, phrase)
        sentences.append(f"{told[0].upper()}{told[1:]}.")
    return Caption(f"Find {listed(names)}.", " ".join(sentences))


def _told(name: str, places: Sequence[str], phrase: Phrasing) -> str:
    if not places:
        return phrase("nothing", name=name)
    what, is_ = (with_article(name), "is") if len(places) == 1 else (f"{len(places)} {plural(name)}", "are")
    return phrase("found", what=what, is_=is_, boxes=listed(places))


def _descriptions(
    objects: Sequence[SceneObject], level: Level, number: int, rng: random.Random
) -> Iterator[tuple[str, ...]]:
    """Yield so many different descriptions: words of a name are left out by lot, never all of them."""
    drawn: set[tuple[str, ...]] = set()
    while len(drawn) < number:
        kinds = level.sizes, level.colors, level.materials, level.shapes
        full = (
            _words(rng.choice(objects)) if rng.random() < THERE else tuple(rng.choice(k) for k in kinds if k)
        )
        kept = tuple(word for word in full if rng.random() < 0.5)
        if kept:
            drawn.add(kept)
    yield from sorted(drawn)


def _words(o: SceneObject) -> tuple[str, ...]:
    return tuple(word for word in (o.size, o.color, o.material, o.shape) if word)


def _name(o: SceneObject) -> str:
    return " ".join(_words(o))


def _place(o: SceneObject, scene: Scene) -> str:
    return f"[{' '.join(map(str, o.box.on_grid(scene.width, scene.height)))}]"
