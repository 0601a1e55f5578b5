"""Scenes by lot: which solids, where they stand, in what light.

A scene depends on (level, seed) and on nothing else. Layouts in which an object is too hidden, or in which
left/right or front/behind of two objects is not plain, are drawn again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import cos, hypot, pi, radians, sin

import cv2
import numpy as np

from vpd.datasets.scenes.camera import CAMERAS, Camera
from vpd.datasets.scenes.render import Cast, Look, Paint, cast, shade
from vpd.datasets.scenes.solids import RADII, Solid
from vpd.datasets.scenes.world import Level, LevelName, Scene, SceneObject
from vpd.geometry import Box


@dataclass(frozen=True)
class Rules:
    """What a layout must keep.

    near, far: range of z of the solids; border: pixels between a solid and the picture's edge;
    gap: least distance between two solids on the ground, in units; visible: least unhidden share;
    apart: least difference of two box centres in x, pixels; depth: least difference of two depths, units.
    """

    near: float
    far: float
    border: float
    gap: float
    visible: float
    apart: float
    depth: float


@dataclass(frozen=True)
class Placed:
    """A solid that has its place, with its depth in units and an outline box in pixels that bounds it."""

    solid: Solid
    depth: float
    box: Box


RULES: dict[LevelName, Rules] = {
    "easy": Rules(near=6.0, far=11.0, border=2.0, gap=0.3, visible=0.85, apart=5.0, depth=0.4),
    "full": Rules(near=5.6, far=12.5, border=3.0, gap=0.1, visible=0.35, apart=8.0, depth=0.35),
}

LAYOUTS = 200  # half of the easy scenes take 1 try, 19 of 20 at most 100, one in 60 more than 2,000


def generate_scene(level: Level, seed: int) -> tuple[Scene, bytes]:
    """Return the scene and its picture as a PNG; the same bytes for the same level and seed."""
    rng = np.random.default_rng([seed, *level.name.encode()])
    camera = CAMERAS[level.name]
    layout = None
    while layout is None:
        objects = [_lot(level, rng) for _ in range(rng.integers(*level.objects, endpoint=True))]
        layout = _layout(level, objects, camera, rng)
    solids, seen = layout
    paints = [Paint(o["color"], o["material"] == "metal") for o in objects]
    pixels = shade(seen, solids, paints, _look(level, rng), camera, int(rng.integers(2**31)))
    _, png = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    found = tuple(
        SceneObject(**o, x=s.x, z=s.z, depth=camera.distance(s.x, s.z), box=b, visible=v)
        for o, s, b, v in zip(objects, solids, seen.boxes, seen.visible, strict=True)
    )
    return Scene(level.name, seed, camera.width, camera.height, found), png.tobytes()


def _lot(level: Level, rng: np.random.Generator) -> dict[str, str]:
    names = {"shape": level.shapes, "color": level.colors, "size": level.sizes, "material": level.materials}
    return {key: str(rng.choice(values)) if values else "" for key, values in names.items()}


def _layout(
    level: Level, objects: Sequence[dict[str, str]], camera: Camera, rng: np.random.Generator
) -> tuple[list[Solid], Cast] | None:
    """Return places for the objects; None: there seem to be none, as for four large ones at level easy."""
    rules = RULES[level.name]
    for _ in range(LAYOUTS):
        placed: list[Placed] = []
        for o in objects:
            found = _place(o["shape"], RADII[level.name][o["size"]], placed, rules, camera, rng)
            if found is None:
                break
            placed.append(found)
        if len(placed) < len(objects):
            continue
        solids = [p.solid for p in placed]
        seen = cast(solids, camera)
        centres = [b.center[0] for b in seen.boxes]
        plain = all(abs(a - b) >= rules.apart for a, b in combinations(centres, 2))
        if plain and min(seen.visible) >= rules.visible:
            return solids, seen
    return None


def _place(
    shape: str,
    radius: float,
    others: Sequence[Placed],
    rules: Rules,
    camera: Camera,
    rng: np.random.Generator,
) -> Placed | None:
    for _ in range(30):
        z = float(rng.uniform(rules.near, rules.far))
        reach = camera.width / 2 / camera.focal * z
        solid = Solid(shape, float(rng.uniform(-reach, reach)), z, radius, float(rng.uniform(0, pi / 2)))
        depth = camera.distance(solid.x, z)
        if not all(_clear(solid, depth, other, rules, camera) for other in others):
            continue
        points = camera.project(solid.corners())
        box = Box(*points.min(0).tolist(), *points.max(0).tolist())
        if _inside(box, rules.border, camera) and all(_unhidden(box, o.box, rules) for o in others):
            return Placed(solid, depth, box)
    return None


def _clear(solid: Solid, depth: float, other: Placed, rules: Rules, camera: Camera) -> bool:
    x, z = other.solid.x, other.solid.z
    return (
        abs(depth - other.depth) >= rules.depth
        and abs(solid.x / solid.z - x / z) * camera.focal >= rules.apart
        and hypot(solid.x - x, solid.z - z) - solid.radius - other.solid.radius >= rules.gap
    )


def _inside(box: Box, border: float, camera: Camera) -> bool:
    return (
        min(box.left, box.top) >= border
        and box.right <= camera.width - border
        and box.bottom <= camera.height - border
    )


def _unhidden(box: Box, other: Box, rules: Rules) -> bool:
    """A quick look before the exact mask: boxes may share a little more than the mask may."""
    return box.overlap(other) <= (1.2 - rules.visible) * min(box.area, other.area)


def _look(level: Level, rng: np.random.Generator) -> Look:
    if level.name == "easy":
        light = _direction(radians(-35 + rng.uniform(-8, 8)), radians(52 + rng.uniform(-4, 4)))
        ground = np.full((2, 2, 3), 0.86, np.float32)
        return Look(light, 0.72, 0.5, ground, shadow=0.22, blur=2.0, noise=0.0)
    light = _direction(radians(rng.uniform(-95, 95)), radians(rng.uniform(40, 68)))
    tint = rng.uniform(0.68, 0.88) + rng.uniform(-0.05, 0.05, 3)
    ground = (tint + rng.uniform(-0.07, 0.07, (2, 2, 1))).astype(np.float32)
    diffuse, ambient = rng.uniform(0.5, 0.85), rng.uniform(0.38, 0.55)
    shadow, blur, noise = rng.uniform(0.25, 0.5), rng.uniform(2.0, 5.0), rng.uniform(1.0, 4.0)
    return Look(light, diffuse, ambient, ground, shadow, blur, noise)


def _direction(azimuth: float, height: float) -> tuple[float, float, float]:
    """Direction to a light; azimuth 0 is behind the camera, positive to the right."""
    return sin(azimuth) * cos(height), sin(height), -cos(azimuth) * cos(height)
