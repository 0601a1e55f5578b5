"""Scenes without pictures in which a question has an answer: what a program is judged by.

A program is right if it answers right in all of them with tools that know the truth. Objects stand where the
camera of the level would see them, apart enough for left, right, front and behind to be plain; hiding and
light play no part, since nobody looks.

Not here: pictures (`vpd.datasets.scenes.generate`), the tools (`vpd.tools.oracle`).
"""

import random
from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache

from vpd.datasets.scenes.camera import CAMERAS
from vpd.datasets.scenes.generate import RULES
from vpd.datasets.scenes.solids import RADII, Solid
from vpd.datasets.scenes.world import Level, Scene, SceneObject
from vpd.geometry import Box

POOL = 6_000  # every text of both banks has its 12 scenes among so many

Meaning = Callable[[tuple[SceneObject, ...]], str | None]


def counterfactual_scenes(meaning: Meaning, level: Level, count: int, seed: int) -> list[Scene]:
    """Return up to `count` scenes in which a question of this meaning has an answer, the answers balanced."""
    by_answer: dict[str, list[Scene]] = defaultdict(list)
    for scene in _pool(level, seed):
        answer = meaning(scene.objects)
        if answer is not None and len(by_answer[answer]) < count:
            by_answer[answer].append(scene)
    chosen: list[Scene] = []
    while len(chosen) < count and any(by_answer.values()):
        for answer in sorted(by_answer):
            if by_answer[answer] and len(chosen) < count:
                chosen.append(by_answer[answer].pop())
    return chosen


@lru_cache(maxsize=4)
def _pool(level: Level, seed: int) -> tuple[Scene, ...]:
    rng = random.Random(f"{seed}/{level.name}")
    return tuple(_scene(level, number, rng) for number in range(POOL))


def _scene(level: Level, number: int, rng: random.Random) -> Scene:
    wanted = rng.randint(*level.objects)
    objects: list[SceneObject] = []
    while len(objects) < wanted:
        candidate = _object(level, rng)
        if all(_plain(level, candidate, other) for other in objects):
            objects.append(candidate)
    return Scene(level.name, number, *level.picture, tuple(objects))


def _object(level: Level, rng: random.Random) -> SceneObject:
    camera, rules = CAMERAS[level.name], RULES[level.name]
    shape, color, size = rng.choice(level.shapes), rng.choice(level.colors), rng.choice(level.sizes)
    material = rng.choice(level.materials) if level.materials else ""
    z = rng.uniform(rules.near, rules.far)
    reach = 0.8 * camera.width / 2 / camera.focal * z
    solid = Solid(shape, rng.uniform(-reach, reach), z, RADII[level.name][size], 0.0)
    points = camera.project(solid.corners())
    box = Box(*points.min(0).tolist(), *points.max(0).tolist()).clamp(camera.width, camera.height)
    return SceneObject(shape, color, size, material, solid.x, z, camera.distance(solid.x, z), box, 1.0)


def _plain(level: Level, a: SceneObject, b: SceneObject) -> bool:
    rules = RULES[level.name]
    apart = abs(a.box.center[0] - b.box.center[0]) >= rules.apart
    return apart and abs(a.depth - b.depth) >= rules.depth
