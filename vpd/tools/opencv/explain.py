"""Explain the regions of a picture by solids, nearest first.

What stands lower in the picture is nearer, and may hide what comes after it. A region that no single solid
explains is taken apart: the nearest solid first, then what is left of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from vpd.datasets.scenes.camera import Camera
from vpd.geometry import Box
from vpd.tools.opencv.fit import Evidence, Fit, Kinds, best_fit
from vpd.tools.opencv.segment import SMALLEST, Mask, Regions

GOOD = 0.78  # score from which one solid explains a region
SAME_SOLID = 0.7  # share of a region inside the outline of an earlier solid of its hue that makes it its part
MOST_SPLITS = 4


@dataclass(frozen=True, eq=False)
class Thing:
    """An object in the picture: its solid, its visible pixels, the box of its whole outline, its hue."""

    fit: Fit
    own: Mask
    box: Box
    hue: int


def explain(regions: Regions, camera: Camera, kinds: Kinds) -> list[Thing]:
    """Return the objects of a picture, nearest first."""
    brightness = regions.value.mean(-1)
    front = np.zeros(regions.labels.shape, bool)
    things: list[Thing] = []
    masks = [regions.labels == number for number in range(1, len(regions.hues) + 1)]
    order = sorted(range(len(masks)), key=lambda i: -bounds(masks[i]).bottom)
    for i in order:
        own, hue = masks[i], regions.hues[i]
        if not any(t.hue == hue and _inside(own, t.fit) for t in things):
            for part, fit in _solids(own, front, brightness, camera, kinds):
                things.append(Thing(fit, part, _box(part, fit, front), hue))
        front = front | own
    return things


def _solids(
    own: Mask, front: Mask, brightness: np.ndarray, camera: Camera, kinds: Kinds
) -> Iterator[tuple[Mask, Fit]]:
    for _ in range(MOST_SPLITS):
        near_front = front & _grow(own, 3)
        touched = front if near_front.sum() > 3 else np.zeros_like(front)
        box = bounds(own)
        fit = best_fit(Evidence(own, touched, brightness), box, camera, kinds)
        if fit is None or fit.score < GOOD:
            first = best_fit(Evidence(own, touched, brightness, partial=True), box, camera, kinds)
            rest = _rest(own, first) if first else None
            if first and rest is not None:
                part = own & ~rest
                yield part, first
                front = front | part
                own = rest
                continue
        if fit is not None:
            yield own, fit
        return


def _rest(own: Mask, fit: Fit) -> Mask | None:
    """Return the largest piece of a region that a solid leaves over, if it is large enough to be another."""
    left = own.copy()
    left[fit.window] &= ~(cv2.dilate(fit.mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
    count, parts, stats, _ = cv2.connectedComponentsWithStats(left.astype(np.uint8), connectivity=4)
    if count < 2:
        return None
    largest = int(stats[1:, cv2.CC_STAT_AREA].argmax()) + 1
    if stats[largest, cv2.CC_STAT_AREA] < 3 * SMALLEST * own.size:
        return None
    return np.asarray(parts == largest)


def _inside(own: Mask, fit: Fit) -> bool:
    return int((own[fit.window] & fit.mask).sum()) > SAME_SOLID * int(own.sum())


def _box(own: Mask, fit: Fit, front: Mask) -> Box:
    """The region's own bounds; if something in front touches it, those of the solid's whole outline too."""
    seen = bounds(own)
    if (front & _grow(own, 3)).sum() <= 3 and fit.score >= GOOD:
        return seen
    whole = bounds(fit.mask)
    top, left = fit.window[0].start, fit.window[1].start
    return Box(whole.left + left, whole.top + top, whole.right + left, whole.bottom + top)


def _grow(mask: Mask, size: int) -> Mask:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((size, size), np.uint8)) > 0)


def bounds(mask: Mask) -> Box:
    """Return the bounding box of a mask that is not empty."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return Box(float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))
