"""Tell which solid a region shows: try known solids on the floor and keep the one that fits best.

From where a region touches the floor follows how far away it is, and so how big each solid would look there
(`vpd.tools.opencv.bank`). Each candidate is scored by how well its outline covers the region and how well
one light explains its shading. Pixels of regions in front are left out of the score, so a partly hidden
solid can still be told.

Not here: finding regions (`.segment`), and which to explain in what order (`.explain`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from vpd.datasets.scenes.solids import Array
from vpd.geometry import Box
from vpd.tools.opencv.bank import Bank, Kind, Template
from vpd.tools.opencv.segment import Mask

Window = tuple[slice, slice]

SHADING = 0.2  # weight of unexplained shading against pixels off the outline
HIDDEN = 0.25  # weight of pixels behind a region in front against pixels off the outline
TOLERANCE = 3  # pixels by which a partial outline may miss the edges it should keep to
CLOSE = 0.08  # outline scores this much below the best are not worth a look at their shading
_RIDGE = 1e-3 * np.eye(4, dtype=np.float32)
SLACK = 0.12, 1.5  # size mismatch that is still tried: share, pixels


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known around a region.

    own, inner, front: (h, w) its pixels, those away from its rim, those of regions in front
    brightness: (h, w); area: pixels of `own`; hidden: something in front touches it
    partial: the region holds more than the solid looked for, so pixels left over count little
    """

    own: Mask
    inner: Mask
    front: Mask
    brightness: Array
    area: int
    hidden: bool
    partial: bool = False


@dataclass(frozen=True, eq=False)
class Fit:
    """A solid that explains a region; score 1 is perfect.

    foot: pixel of its base's centre; box: of its whole outline; mask: the outline within window
    """

    kind: Kind
    foot: tuple[float, float]
    box: Box
    score: float
    window: Window
    mask: Mask


def best_fit(evidence: Evidence, box: Box, bank: Bank) -> Fit | None:
    """Return the solid that explains the region with this bounding box best, or None if none comes near."""
    placed = _stand(evidence, box, bank)
    fits = [
        (fit, template) for template, dy, dx in placed if (fit := _outline_fit(template, dy, dx, evidence))
    ]
    best = max((fit.score for fit, _ in fits), default=0.0)
    shaded = [_with_shading(f, t, evidence) for f, t in fits if f.score > best - CLOSE]
    return max(shaded, key=lambda f: f.score, default=None)


def _stand(evidence: Evidence, box: Box, bank: Bank) -> Iterator[tuple[Template, int, int]]:
    """Put every kind of solid where its outline meets the region's edges; leave out clear misfits."""
    each, bearing = np.arange(len(bank.kinds)), bank.bearing(box.center[0])
    tops, bottoms, widths = bank.tops[:, bearing], bank.bottoms[:, bearing], bank.widths[:, bearing]
    anchors = [("bottom", np.abs(bottoms - box.bottom).argmin(1))]
    if evidence.hidden:
        anchors.append(("top", np.abs(tops - box.top).argmin(1)))
    sides = ("left", "right", "center") if evidence.hidden or evidence.partial else ("center",)
    share = 1 + SLACK[0] + SLACK[1] / min(box.width, box.height)
    for edge, at in anchors:
        wide, high = widths[each, at] / box.width, (bottoms - tops)[each, at] / box.height
        keep = np.ones(len(each), bool)
        if not evidence.partial:
            keep &= (wide > 1 / share) & (high > 1 / share)
        if not evidence.hidden:
            keep &= (wide < share) & (high < share)
        for kind in np.flatnonzero(keep).tolist():
            template = bank.template(kind, bearing, int(at[kind]))
            outline = _mask_box(template)
            dy = getattr(box, edge) - getattr(outline, edge)
            shifts = {round(_edge(box, side) - _edge(outline, side)) for side in sides}
            for dx in sorted(shifts):
                if _plausible(outline, round(dy), dx, box, evidence):
                    yield template, round(dy), dx


def _plausible(outline: Box, dy: int, dx: int, box: Box, evidence: Evidence) -> bool:
    """A partly hidden solid reaches at least as far as the region, a part of a region at most as far."""
    if evidence.hidden == evidence.partial:
        return True
    reach = (
        box.left - outline.left - dx,
        box.top - outline.top - dy,
        outline.right + dx - box.right,
        outline.bottom + dy - box.bottom,
    )
    return min(reach) >= -TOLERANCE if evidence.hidden else max(reach) <= TOLERANCE


def _edge(box: Box, side: str) -> float:
    return box.center[0] if side == "center" else float(getattr(box, side))


def _mask_box(template: Template) -> Box:
    height, width = template.mask.shape
    return Box(template.left, template.top, template.left + width, template.top + height)


def _outline_fit(template: Template, dy: int, dx: int, evidence: Evidence) -> Fit | None:
    """Score a solid by its outline: the share of pixels in it or in the region that are in both."""
    top, left = template.top + dy, template.left + dx
    height, width = evidence.own.shape
    rows = slice(max(top, 0), min(top + template.mask.shape[0], height))
    columns = slice(max(left, 0), min(left + template.mask.shape[1], width))
    mask = template.mask[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    own = evidence.own[rows, columns]
    shared = np.count_nonzero(mask & own)
    if not shared:
        return None
    hidden = np.count_nonzero(mask & evidence.front[rows, columns]) if evidence.hidden else 0
    beyond = np.count_nonzero(mask) - hidden - shared
    left_over = evidence.area - shared
    if evidence.partial:
        score = (shared - 2 * beyond - HIDDEN * hidden) / (shared + 0.3 * left_over)
    else:
        score = shared / (shared + beyond + left_over + HIDDEN * hidden)
    foot = (template.foot[0] + dx, template.foot[1] + dy)
    box = Box(left, top, left + template.mask.shape[1], top + template.mask.shape[0])
    return Fit(template.kind, foot, box, score, (rows, columns), mask)


def _with_shading(fit: Fit, template: Template, evidence: Evidence) -> Fit:
    """Lower the score by the share of the brightness's spread that no single light explains."""
    rows = template.points[0] + int(fit.box.top)
    columns = template.points[1] + int(fit.box.left)
    height, width = evidence.own.shape
    there = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    there[there] = evidence.inner[rows[there], columns[there]]
    brightness, basis = evidence.brightness[rows[there], columns[there]], template.basis[there]
    if len(brightness) < 12 or (spread := _variance(brightness)) < 1e-4:
        return fit
    moments = basis.T @ brightness
    light = np.linalg.solve(basis.T @ basis + _RIDGE, moments)
    unexplained = (float(brightness @ brightness) - float(light @ moments)) / (spread * len(brightness))
    return replace(fit, score=fit.score - SHADING * min(1.0, max(0.0, unexplained)))


def _variance(values: Array) -> float:
    mean = float(values.sum()) / len(values)
    return float(values @ values) / len(values) - mean * mean
