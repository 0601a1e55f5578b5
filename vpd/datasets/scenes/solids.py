"""The solids of the scenes: where a ray meets one, which way its surface faces, what outline it has.

All stand on the ground plane (y = 0). Frame and units as in `vpd.datasets.scenes.camera`. Proportions are
chosen so that solids of one size look equally big whatever their shape.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vpd.datasets.scenes.world import LevelName

Array = NDArray[np.floating[Any]]

RADII: dict[LevelName, dict[str, float]] = {
    "easy": {"small": 0.70, "large": 1.15},
    "full": {"small": 0.45, "large": 0.80},
}
# Half width and height of each shape, in radii.
PROPORTIONS = {"cube": (0.82, 1.64), "sphere": (1.0, 2.0), "cylinder": (0.85, 1.8), "cone": (1.0, 2.2)}


@dataclass(frozen=True)
class Solid:
    """A solid at ground point (x, z); `angle` in radians turns it about the vertical."""

    shape: str
    x: float
    z: float
    radius: float
    angle: float = 0.0

    @property
    def half_width(self) -> float:
        """Radius of the base; half a side for a cube."""
        return PROPORTIONS[self.shape][0] * self.radius

    @property
    def height(self) -> float:
        """Height above the ground."""
        return PROPORTIONS[self.shape][1] * self.radius

    def local(self, vectors: Array, *, shift: bool) -> Array:
        """Turn (and shift, for points) world vectors of shape (..., 3) into the solid's own frame."""
        base = np.array([self.x, 0.0, self.z], np.float32) if shift else np.float32(0.0)
        return np.asarray((vectors - base) @ _turn(self.angle).T)

    def hit(self, origins: Array, rays: Array) -> Array:
        """Return how far along each unit ray the surface is first met; infinity where it is missed."""
        with np.errstate(divide="ignore", invalid="ignore"):
            t = _HITS[self.shape](self, self.local(origins, shift=True), self.local(rays, shift=False))
            return np.where(t > 0, t, np.inf).astype(np.float32)

    def normals(self, points: Array) -> Array:
        """Return outward unit normals at surface points, both of shape (n, 3)."""
        own = _NORMALS[self.shape](self, self.local(points, shift=True))
        return np.asarray((own / np.linalg.norm(own, axis=-1, keepdims=True)) @ _turn(self.angle))

    def corners(self) -> NDArray[np.float64]:
        """Return points (n, 3) whose convex hull is, or closely bounds, the solid."""
        scale = np.array([self.half_width, self.height, self.half_width])
        own = (_HULLS[self.shape] * scale) @ _turn(self.angle)
        return np.asarray(own + np.array([self.x, 0.0, self.z]))


def _turn(angle: float) -> Array:
    c, s = np.cos(angle), np.sin(angle)
    turn: NDArray[np.float32] = np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]], np.float32)
    return turn


def _rings(rings: Sequence[tuple[float, float]], around: int, turned: float) -> NDArray[np.float64]:
    """Points on horizontal rings, each given as (height, reach) in shares of the solid's own."""
    angles = turned + np.arange(around) * 2 * np.pi / around
    return np.array([(reach * np.cos(a), level, reach * np.sin(a)) for level, reach in rings for a in angles])


_HULLS = {
    "cube": _rings([(0, 2**0.5), (1, 2**0.5)], 4, np.pi / 4),
    "cylinder": _rings([(0, 1), (1, 1)], 16, 0),
    "cone": _rings([(0, 1), (1, 0)], 16, 0),
    "sphere": _rings([(0.5 - 0.5 * np.cos(a), np.sin(a)) for a in np.linspace(0, np.pi, 9)], 16, 0),
}


def _hit_sphere(solid: Solid, o: Array, d: Array) -> Array:
    o = o - np.array([0.0, solid.radius, 0.0], np.float32)
    b = (o * d).sum(-1)
    root = np.sqrt(b * b - (o * o).sum(-1) + solid.radius**2)
    return np.asarray(np.nan_to_num(-b - root, nan=np.inf))


def _hit_cylinder(solid: Solid, o: Array, d: Array) -> Array:
    r, top = solid.half_width, solid.height
    a = d[..., 0] ** 2 + d[..., 2] ** 2
    b = o[..., 0] * d[..., 0] + o[..., 2] * d[..., 2]
    side = (-b - np.sqrt(b * b - a * (o[..., 0] ** 2 + o[..., 2] ** 2 - r * r))) / a
    y = o[..., 1] + side * d[..., 1]
    side = np.where((y >= 0) & (y <= top), side, np.inf)
    cap = (top - o[..., 1]) / d[..., 1]
    x, z = o[..., 0] + cap * d[..., 0], o[..., 2] + cap * d[..., 2]
    return np.minimum(side, np.where(x * x + z * z <= r * r, cap, np.inf))


def _hit_cone(solid: Solid, o: Array, d: Array) -> Array:
    k2 = (solid.half_width / solid.height) ** 2
    down = solid.height - o[..., 1]
    a = d[..., 0] ** 2 + d[..., 2] ** 2 - k2 * d[..., 1] ** 2
    b = o[..., 0] * d[..., 0] + o[..., 2] * d[..., 2] + k2 * down * d[..., 1]
    root = np.sqrt(b * b - a * (o[..., 0] ** 2 + o[..., 2] ** 2 - k2 * down**2))
    best = np.full(np.broadcast_shapes(a.shape, b.shape), np.inf, np.float32)
    for t in ((-b - root) / a, (-b + root) / a):
        y = o[..., 1] + t * d[..., 1]
        best = np.where((y >= 0) & (y <= solid.height) & (t > 0) & (t < best), t, best)
    return best


def _hit_cube(solid: Solid, o: Array, d: Array) -> Array:
    w = solid.half_width
    near: Array = np.array(-np.inf, np.float32)
    far: Array = np.array(np.inf, np.float32)
    for axis, (low, high) in enumerate([(-w, w), (0.0, solid.height), (-w, w)]):
        a, b = (low - o[..., axis]) / d[..., axis], (high - o[..., axis]) / d[..., axis]
        near, far = np.maximum(near, np.minimum(a, b)), np.minimum(far, np.maximum(a, b))
    return np.where(near <= far, near, np.float32(np.inf))


def _normals_sphere(solid: Solid, p: Array) -> Array:
    return p - np.array([0.0, solid.radius, 0.0], np.float32)


def _normals_cylinder(solid: Solid, p: Array) -> Array:
    flat = p * np.array([1.0, 0.0, 1.0], np.float32)
    on_top = p[:, 1:2] > solid.height * 0.999
    return np.where(on_top, np.array([0.0, 1.0, 0.0], np.float32), flat)


def _normals_cone(solid: Solid, p: Array) -> Array:
    flat = p * np.array([1.0, 0.0, 1.0], np.float32)
    reach = np.linalg.norm(flat, axis=-1, keepdims=True)
    slope = solid.half_width / solid.height
    return np.asarray(flat + reach * slope * np.array([0.0, 1.0, 0.0], np.float32) + np.float32(1e-9))


def _normals_cube(solid: Solid, p: Array) -> Array:
    own = p - np.array([0.0, solid.height / 2, 0.0], np.float32)
    own /= np.array([solid.half_width, solid.height / 2, solid.half_width], np.float32)
    face = np.abs(own).argmax(-1)
    out = np.zeros_like(own)
    rows = np.arange(len(own))
    out[rows, face] = np.sign(own[rows, face])
    return out


_HITS: dict[str, Callable[[Solid, Array, Array], Array]] = {
    "sphere": _hit_sphere,
    "cylinder": _hit_cylinder,
    "cone": _hit_cone,
    "cube": _hit_cube,
}
_NORMALS: dict[str, Callable[[Solid, Array], Array]] = {
    "sphere": _normals_sphere,
    "cylinder": _normals_cylinder,
    "cone": _normals_cone,
    "cube": _normals_cube,
}
