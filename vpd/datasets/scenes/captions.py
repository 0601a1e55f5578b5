"""What a base model is pretrained on: names bound to places in generated pictures, and no questions.

    Describe the picture.     large yellow sphere [21 135 306 413]; small green cube [229 326 406 556]
    Name [21 135 306 413].    large yellow sphere
    Detect green object.      [229 326 406 556]
    Detect red cube.          none

It plays the part that captions and detection play in the pretraining of PaLI: both arms of a distillation
start from it, so what sets them apart is still the rationales. Boxes are [left top right bottom] on the
0-1000 grid, as in rationales. Ground truth is read here as labels are: to learn from, never by a tool or
program.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vpd.datasets.scenes.world import Level, Scene, SceneObject

NAMED = 2  # objects of a picture that are named from their boxes
DETECTED = 4  # descriptions of a picture that are looked for
THERE = 0.65  # share of descriptions taken from an object of the picture; of the others most find nothing
_NONE = "none"


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
        *(_detect(words, objects, scene, level) for words in _descriptions(objects, level, rng)),
    ]


def _detect(words: tuple[str, ...], objects: Sequence[SceneObject], scene: Scene, level: Level) -> Caption:
    found = [_place(o, scene) for o in objects if set(words) <= set(_words(o))]
    noun = " ".join(words if words[-1] in level.shapes else (*words, "object"))
    return Caption(f"Detect {noun}.", " ".join(found) or _NONE)


def _descriptions(
    objects: Sequence[SceneObject], level: Level, rng: random.Random
) -> Iterator[tuple[str, ...]]:
    """Yield different descriptions: each word of a name is kept or left out by lot, never all left out."""
    drawn: set[tuple[str, ...]] = set()
    while len(drawn) < DETECTED:
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
