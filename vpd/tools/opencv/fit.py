"""Tell which solid a region shows: try known solids on the floor and keep the one that fits best.

A calibrated camera above a flat floor and solids of known proportions and sizes: from where a region touches
the floor follows how far away it is, and so how big each solid would look there. Each candidate is cast into
the picture and scored by how well its outline covers the region and how well one light explains its shading.
Pixels of regions in front are left out of the score, so a partly hidden solid can still be told.

Not here: finding regions (`vpd.tools.opencv.segment`), and which to explain in what order (`.explain`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product

import numpy as np

from vpd.datasets.scenes.camera import Camera, view_rays
from vpd.datasets.scenes.solids import Array, Solid
from vpd.datasets.scenes.world import Level
from vpd.geometry import Box
from vpd.tools.opencv.segment import Mask

Window = tuple[slice, slice]

DEPTHS = np.arange(4.0, 16.0, 0.05)  # z of the floor points for which apparent sizes are tabled
TURNS = {"cube": (0.0, 0.314, 0.628, 0.942, 1.257)}  # radians; a quarter turn changes nothing
SHADING = 0.5  # weight of unexplained shading against pixels off the outline
CLOSE = 0.08  # outline scores this much below the best are not worth a look at their shading
SLACK = 0.15, 1.5  # size mismatch that is looked at: share, pixels


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known around a region, all (h, w): its pixels, those of regions in front, and brightness.

    `partial`: the region holds more than the solid looked for, so pixels left over count little.
    """

    own: Mask
    front: Mask
    brightness: Array
    partial: bool = False


@dataclass(frozen=True, eq=False)
class Fit:
    """A solid that explains a region: `mask` is its whole outline within `window`; score 1 is perfect."""

    size: str
    solid: Solid
    score: float
    window: Window
    mask: Mask


@dataclass(frozen=True, eq=False)
class Kinds:
    """Every solid of every size, and how it looks along the floor: pixels, (kinds, depths)."""

    solids: tuple[Solid, ...]
    sizes: tuple[str, ...]
    top: Array
    bottom: Array
    width: Array


@lru_cache(maxsize=8)
def kinds_for(camera: Camera, level: Level, radii: tuple[tuple[str, float], ...]) -> Kinds:
    """Table the solids of a level for a camera."""
    solids, sizes = [], []
    for shape, (size, radius) in product(level.shapes, radii):
        for turn in TURNS.get(shape, (0.0,)):
            solids.append(Solid(shape, 0.0, 0.0, radius, turn))
            sizes.append(size)
    boxes = [[_outline(replace(s, z=float(z)), camera) for z in DEPTHS] for s in solids]
    top, bottom, width = (
        np.array([[getattr(b, side) for b in row] for row in boxes]) for side in ("top", "bottom", "width")
    )
    return Kinds(tuple(solids), tuple(sizes), top, bottom, width)


def best_fit(evidence: Evidence, box: Box, camera: Camera, kinds: Kinds) -> Fit | None:
    """Return the solid that explains the region with this bounding box best, or None if none comes near."""
    fits = [
        f
        for s, size in _stand(evidence, box, camera, kinds)
        if (f := _outline_fit(s, size, evidence, camera))
    ]
    best = max((f.score for f in fits), default=0.0)
    shaded = [_with_shading(f, evidence, camera) for f in fits if f.score > best - CLOSE]
    return max(shaded, key=lambda f: f.score, default=None)


def _stand(evidence: Evidence, box: Box, camera: Camera, kinds: Kinds) -> Iterator[tuple[Solid, str]]:
    """Put every kind of solid where its outline would meet the region's edges; leave out clear misfits."""
    hidden = bool(evidence.front.any())
    low = np.abs(kinds.bottom - box.bottom).argmin(1)
    anchors = [low, np.abs(kinds.top - box.top).argmin(1)] if hidden else [low]
    sides = ("left", "right", "center") if hidden or evidence.partial else ("center",)
    rows = np.arange(len(kinds.solids))
    for at in anchors:
        wide = kinds.width[rows, at] / (box.width + 1e-6)
        high = (kinds.bottom[rows, at] - kinds.top[rows, at]) / (box.height + 1e-6)
        share = SLACK[0] + SLACK[1] / min(box.width, box.height)
        small = (wide < 1 - share) | (high < 1 - share)
        big = (wide > 1 + share) | (high > 1 + share)
        keep = ~big if evidence.partial else ~small if hidden else ~small & ~big
        for row in np.flatnonzero(keep).tolist():
            solid = replace(kinds.solids[row], z=float(DEPTHS[at[row]]))
            for side in sides:
                yield _align(solid, side, box, camera), kinds.sizes[row]


def _align(solid: Solid, side: str, box: Box, camera: Camera) -> Solid:
    """Move a solid sideways until its outline meets that side of the box."""
    scale = camera.focal / (solid.z * camera.axes[2, 2] - camera.elevation * camera.axes[2, 1])
    for _ in range(2):
        outline = _outline(solid, camera)
        if side == "center":
            gap = box.center[0] - outline.center[0]
        else:
            gap = getattr(box, side) - getattr(outline, side)
        solid = replace(solid, x=solid.x + gap / scale)
    return solid


def _outline(solid: Solid, camera: Camera) -> Box:
    points = camera.project(solid.corners())
    return Box(*points.min(0).tolist(), *points.max(0).tolist())


def _outline_fit(solid: Solid, size: str, evidence: Evidence, camera: Camera) -> Fit | None:
    """Score a solid by its outline: the share of pixels in it or in the region that are in both."""
    window = _window(_outline(solid, camera), evidence.own.shape)
    reach = solid.hit(camera.position.astype(np.float32), view_rays(camera, 1)[window])
    mask = np.isfinite(reach)
    own = evidence.own[window]
    shared = int((mask & own).sum())
    beyond = int((mask & ~own & ~evidence.front[window]).sum())
    left = int(evidence.own.sum()) - shared
    if not shared:
        return None
    if evidence.partial:
        return Fit(size, solid, (shared - 2 * beyond) / (shared + 0.3 * left), window, mask)
    return Fit(size, solid, shared / (shared + beyond + left), window, mask)


def _with_shading(fit: Fit, evidence: Evidence, camera: Camera) -> Fit:
    """Lower the score by the share of the brightness's spread that no single light explains."""
    shared = fit.mask & evidence.own[fit.window]
    rays = view_rays(camera, 1)[fit.window][shared]
    brightness = evidence.brightness[fit.window][shared]
    spread = float(brightness.var())
    if len(brightness) < 12 or spread < 1e-4:
        return fit
    eye = camera.position.astype(np.float32)
    reach = fit.solid.hit(eye, rays)
    normals = fit.solid.normals(eye + rays * reach[:, None])
    basis = np.concatenate([normals, np.ones((len(normals), 1))], 1)
    light = np.linalg.solve(basis.T @ basis + 1e-3 * np.eye(4), basis.T @ brightness)
    unexplained = float(((brightness - basis @ light) ** 2).mean()) / spread
    return replace(fit, score=fit.score - SHADING * min(1.0, unexplained))


def _window(box: Box, shape: Sequence[int]) -> Window:
    rows = slice(max(int(box.top) - 1, 0), min(int(box.bottom) + 2, shape[0]))
    return rows, slice(max(int(box.left) - 1, 0), min(int(box.right) + 2, shape[1]))
