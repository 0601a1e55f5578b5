"""What known solids look like to a calibrated camera: outlines and surface normals, made once when asked for.

The floor is cut into rows (a solid further up in the picture is further away and smaller) and bearings (a
solid at the side leans). A template is cast at the middle of its cell and shifted by whole pixels inside it.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import cv2
import numpy as np

from vpd.datasets.scenes.camera import Camera
from vpd.datasets.scenes.solids import RADII, Array, Solid
from vpd.datasets.scenes.world import LEVELS, LevelName
from vpd.tools.opencv.segment import Mask

TURNS = {"cube": tuple(np.pi / 12 * np.arange(6))}  # radians; a quarter turn changes nothing
BEARINGS = 7
SAMPLES = 120  # surface points per template at which shading is compared


@dataclass(frozen=True)
class Kind:
    """A solid up to its place on the floor."""

    shape: str
    size: str
    radius: float
    turn: float


@dataclass(frozen=True, eq=False)
class Template:
    """A solid as it looks with its base's centre at pixel `foot`.

    top, left: where `mask` begins in the picture, pixels
    points:    (2, n) rows and columns inside the mask, away from its rim
    basis:     (n, 4) surface normal and 1 at these points
    """

    kind: Kind
    foot: tuple[float, float]
    top: int
    left: int
    mask: Mask
    points: np.ndarray
    basis: Array


class Bank:
    """All templates of a camera, with tables of their edges and widths.

    tops, bottoms, widths: pixels, (kinds, bearings, floor rows)
    """

    def __init__(self, camera: Camera, level: LevelName) -> None:
        self.camera = camera
        radii = RADII[level].items()
        self.kinds = tuple(
            Kind(shape, size, radius, float(turn))
            for shape, (size, radius) in product(LEVELS[level].shapes, radii)
            for turn in TURNS.get(shape, (0.0,))
        )
        horizon = camera.height / 2 - camera.focal * np.tan(np.radians(camera.pitch))
        first = max(0.0, float(horizon) + 0.25 * camera.focal)
        self.rows = np.arange(first, camera.height, max(1.0, camera.height / 120))
        edges = np.stack([self._edges(kind) for kind in self.kinds])
        self.tops, self.bottoms, self.widths = np.moveaxis(edges, -1, 0)
        self._made: dict[tuple[int, int, int], Template] = {}

    def bearing(self, u: float) -> int:
        """Return the bearing of a picture column."""
        return min(max(int(u / self.camera.width * BEARINGS), 0), BEARINGS - 1)

    def template(self, kind: int, bearing: int, row: int) -> Template:
        """Return how a kind looks at a floor row in a bearing."""
        key = (kind, bearing, row)
        if key not in self._made:
            foot = (self._column(bearing), float(self.rows[row]))
            self._made[key] = _cast(self.kinds[kind], foot, self.camera)
        return self._made[key]

    def _column(self, bearing: int) -> float:
        return (bearing + 0.5) * self.camera.width / BEARINGS

    def _edges(self, kind: Kind) -> Array:
        """Top, bottom and width of a kind, (bearings, rows, 3)."""
        camera = self.camera
        feet = product(map(self._column, range(BEARINGS)), self.rows.tolist())
        ground = np.array([camera.ground_point(u, v) for u, v in feet])
        places = np.stack([ground[:, 0], np.zeros(len(ground)), ground[:, 1]], 1)
        corners = Solid(kind.shape, 0.0, 0.0, kind.radius, kind.turn).corners()
        pixels = camera.project((places[:, None] + corners).reshape(-1, 3)).reshape(len(places), -1, 2)
        low, high = pixels.min(1), pixels.max(1)
        edges = np.stack([low[:, 1], high[:, 1], high[:, 0] - low[:, 0]], 1)
        return np.asarray(edges.reshape(BEARINGS, len(self.rows), 3))


@lru_cache(maxsize=4)
def bank_for(camera: Camera, level: LevelName) -> Bank:
    """Return the templates of a camera; the bank is kept and grows as templates are asked for."""
    return Bank(camera, level)


def _solid(kind: Kind, foot: tuple[float, float], camera: Camera) -> Solid:
    x, z = camera.ground_point(*foot)
    return Solid(kind.shape, x, z, kind.radius, kind.turn)


def _cast(kind: Kind, foot: tuple[float, float], camera: Camera) -> Template:
    solid = _solid(kind, foot, camera)
    u, v = camera.project(solid.corners()).T
    left, top = int(np.floor(u.min())) - 1, int(np.floor(v.min())) - 1
    columns, rows = np.meshgrid(np.arange(left, int(u.max()) + 3), np.arange(top, int(v.max()) + 3))
    rays = camera.rays(columns + 0.5, rows + 0.5)
    eye = camera.position.astype(np.float32)
    reach = solid.hit(eye, rays)
    mask = np.isfinite(reach)
    filled = np.nonzero(mask)
    window = tuple(slice(int(axis.min()), int(axis.max()) + 1) for axis in filled)
    mask, reach, rays = mask[window], reach[window], rays[window]
    top, left = top + window[0].start, left + window[1].start
    inner = np.nonzero(cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)))
    chosen = np.random.default_rng(0).permutation(len(inner[0]))[:SAMPLES]
    points = np.stack([inner[0][chosen], inner[1][chosen]])
    normals = solid.normals(eye + rays[tuple(points)] * reach[tuple(points)][:, None])
    basis = np.concatenate([normals, np.ones((len(normals), 1))], 1).astype(np.float32)
    return Template(kind, foot, top, left, mask, points, basis)
