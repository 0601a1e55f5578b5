"""Draw a scene: cast rays at the solids, shade what they meet, lay shadows on the ground.

Solids are cast at several times the picture's size and averaged down, so outlines are smooth and the mask of
every object is exact. Shadows fall on the ground only, not on other solids, and are softened by a blur.

Not here: where the solids stand and how the light is drawn by lot (`vpd.datasets.scenes.generate`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vpd.datasets.scenes.camera import Camera, view_rays
from vpd.datasets.scenes.solids import Array, Solid
from vpd.geometry import Box

# sRGB albedo of every colour, 0 to 1.
COLORS: dict[str, tuple[float, float, float]] = {
    "red": (0.84, 0.13, 0.13),
    "blue": (0.14, 0.28, 0.86),
    "green": (0.12, 0.62, 0.18),
    "yellow": (0.95, 0.84, 0.12),
    "purple": (0.52, 0.18, 0.70),
    "cyan": (0.15, 0.78, 0.82),
    "orange": (0.96, 0.50, 0.08),
    "brown": (0.45, 0.27, 0.12),
    "gray": (0.35, 0.35, 0.36),
}
SUPERSAMPLING = 3


@dataclass(frozen=True)
class Look:
    """Light and ground: direction to the light (unit), strengths, colours 0 to 1, blur and noise in pixels.

    `ground` is the colour at the picture's four corners, (2, 2, 3); `noise` is the standard deviation of the
    sensor noise in steps of 255.
    """

    light: tuple[float, float, float]
    diffuse: float
    ambient: float
    ground: NDArray[np.float32]
    shadow: float
    blur: float
    noise: float


@dataclass(frozen=True)
class Paint:
    """How a solid's surface looks: its colour by name, and whether it is polished metal."""

    color: str
    metal: bool


@dataclass(frozen=True)
class Cast:
    """What the rays met, at SUPERSAMPLING times the picture's size.

    index:   (h, w) number of the solid seen, -1 for ground
    reach:   (h, w) distance along the ray
    boxes:   whole outline of every solid in picture pixels, hidden parts included
    visible: unhidden share of every solid's outline area
    """

    index: NDArray[np.int8]
    reach: Array
    boxes: tuple[Box, ...]
    visible: tuple[float, ...]


def cast(solids: Sequence[Solid], camera: Camera) -> Cast:
    """Cast every solid and keep the nearest surface per ray."""
    rays = view_rays(camera, SUPERSAMPLING)
    eye = camera.position.astype(np.float32)
    index = np.full(rays.shape[:2], -1, np.int8)
    reach = np.full(rays.shape[:2], np.inf, np.float32)
    boxes, areas = [], []
    for number, solid in enumerate(solids):
        rows, columns = _window(solid, camera)
        t = solid.hit(eye, rays[rows, columns])
        met = np.isfinite(t)
        boxes.append(_bounds(met, rows.start, columns.start))
        areas.append(max(int(met.sum()), 1))
        nearer = t < reach[rows, columns]
        reach[rows, columns][nearer] = t[nearer]
        index[rows, columns][nearer] = number
    seen = np.bincount(index[index >= 0], minlength=len(solids))
    return Cast(index, reach, tuple(boxes), tuple(float(s) / a for s, a in zip(seen, areas, strict=True)))


def shade(
    seen: Cast, solids: Sequence[Solid], paints: Sequence[Paint], look: Look, camera: Camera, seed: int
) -> NDArray[np.uint8]:
    """Return the picture, RGB uint8 of shape (height, width, 3); `seed` decides the sensor noise."""
    layer = np.zeros((*seen.index.shape, 4), np.float32)
    rays = view_rays(camera, SUPERSAMPLING)
    eye = camera.position.astype(np.float32)
    for number, (solid, paint) in enumerate(zip(solids, paints, strict=True)):
        window = _window(solid, camera)
        at = seen.index[window] == number
        directions = rays[window][at]
        points = eye + directions * seen.reach[window][at][:, None]
        colors = _surface(points, solid.normals(points), directions, paint, look)
        layer[window][at] = np.pad(colors, ((0, 0), (0, 1)), constant_values=1)
    layer = cv2.resize(layer, (camera.width, camera.height), interpolation=cv2.INTER_AREA)
    picture = layer[..., :3] + (1 - layer[..., 3:]) * _ground(solids, look, camera)
    if look.noise:
        noise = np.random.default_rng(seed).standard_normal(picture.shape, np.float32)
        picture += noise * (look.noise / 255)
    return np.clip(picture * 255 + 0.5, 0, 255).astype(np.uint8)


def _surface(points: Array, normals: Array, rays: Array, paint: Paint, look: Look) -> Array:
    light = np.array(look.light, np.float32)
    color = np.array(COLORS[paint.color], np.float32)
    lit = np.maximum(normals @ light, 0)[:, None]
    sky = (0.5 + 0.5 * normals[:, 1])[:, None]
    base = color * (look.ambient * (0.6 + 0.4 * sky) + look.diffuse * lit)
    mirror = rays - 2 * (rays * normals).sum(-1, keepdims=True) * normals
    glint = np.maximum(mirror @ light, 0)[:, None]
    if not paint.metal:
        return np.asarray(base + 0.06 * glint**6)
    # Polished metal mirrors a bright room above and the floor below, which is dark close to the solid, so
    # that upright faces run from dark at the foot to bright at the top.
    travelled = points[:, 1:2] / np.maximum(-mirror[:, 1:2], 1e-3)
    room = np.where(mirror[:, 1:2] > 0, 1.05, 0.1 + 0.95 * (1 - np.exp(-0.7 * travelled)))
    mirrored = 0.55 * color * room + 0.12 * room
    return np.asarray(0.4 * base + mirrored + 0.9 * glint**40 + 0.2 * glint**8)


def _ground(solids: Sequence[Solid], look: Look, camera: Camera) -> Array:
    size = (camera.width, camera.height)
    across = np.linspace(0, 1, camera.width, dtype=np.float32)[None, :, None]
    down = np.linspace(0, 1, camera.height, dtype=np.float32)[:, None, None]
    rows = look.ground[:1] * (1 - down) + look.ground[1:] * down
    ground = rows[:, :1] * (1 - across) + rows[:, 1:] * across
    coarse = 2 if camera.width > 200 else 1
    rays = view_rays(camera, 1)[::coarse, ::coarse]
    points = rays * (camera.elevation / np.maximum(-rays[..., 1:2], 1e-3))
    points[..., 1] = 0
    light = np.array(look.light, np.float32)
    dark: Array = np.zeros(rays.shape[:2], np.float32)
    for solid in solids:
        dark[np.isfinite(solid.hit(points, light))] = 1
    soft = cv2.resize(cv2.GaussianBlur(dark, (0, 0), look.blur / coarse), size)
    return np.asarray(ground * (1 - look.shadow * soft[..., None]), np.float32)


def _window(solid: Solid, camera: Camera) -> tuple[slice, slice]:
    points = camera.project(solid.corners()) * SUPERSAMPLING
    left, top = np.floor(points.min(0)).astype(int) - 2
    right, bottom = np.ceil(points.max(0)).astype(int) + 2
    return slice(max(top, 0), max(bottom, 0)), slice(max(left, 0), max(right, 0))


def _bounds(mask: NDArray[np.bool_], top: int, left: int) -> Box:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not rows.size:
        return Box(0.0, 0.0, 0.0, 0.0)
    edges = (left + columns[0], top + rows[0], left + columns[-1] + 1, top + rows[-1] + 1)
    return Box(*(float(e) / SUPERSAMPLING for e in edges))
