"""Explain the regions of a picture by solids, nearest first.

What stands lower in the picture is nearer, and may hide what comes after it. A region that no single solid
explains is taken apart: the nearest solid first, then what is left of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from vpd.datasets.scenes.solids import Array
from vpd.geometry import Box
from vpd.tools.opencv.bank import Bank
from vpd.tools.opencv.fit import Evidence, Fit, best_fit
from vpd.tools.opencv.segment import FINE, SMALLEST, THIRD, Mask, Regions

GOOD = 0.78  # score from which one solid explains a region
POOR = 0.45  # score up to which a region is no solid: a rest of shadow, a reflection
SAME_SOLID = 0.7  # share of a region inside the outline of an earlier solid of its hue that makes it its part
MOST_SPLITS = 4
_NEAR = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, eq=False)
class Thing:
    """An object in the picture: its solid, its visible pixels, the box of its whole outline, its hue."""

    fit: Fit
    own: Mask
    box: Box
    hue: int


def explain(regions: Regions, bank: Bank) -> list[Thing]:
    """Return the objects of a picture, nearest first."""
    brightness = regions.value @ THIRD
    front = np.zeros(regions.labels.shape, bool)
    things: list[Thing] = []
    masks = [regions.labels == number for number in range(1, len(regions.hues) + 1)]
    for i in sorted(range(len(masks)), key=lambda i: -bounds(masks[i]).bottom):
        own, hue = masks[i], regions.hues[i]
        if not any(t.hue == hue and _inside(own, t.fit) for t in things):
            things += [Thing(f, part, box, hue) for part, f, box in _solids(own, front, brightness, bank)]
        front = front | own
    return things


def _solids(own: Mask, front: Mask, brightness: Array, bank: Bank) -> Iterator[tuple[Mask, Fit, Box]]:
    """Take a region apart into solids, each with its visible pixels and the box of its outline."""
    for _ in range(MOST_SPLITS):
        evidence, box = _evidence(own, front, brightness), bounds(own)
        fit = best_fit(evidence, box, bank)
        if fit is None or fit.score < GOOD:
            first = best_fit(replace(evidence, partial=True), box, bank)
            rest = _rest(own, first) if first else None
            if first and rest is not None:
                part = own & ~rest
                again = best_fit(_evidence(part, front, brightness), bounds(part), bank)
                if again is None or again.score < first.score:
                    again = first
                if again.score > POOR:
                    yield part, again, again.box
                own, front = rest, front | part
                continue
            fit = max((f for f in (fit, first) if f), key=lambda f: f.score, default=None)
        if fit is not None and fit.score > POOR:
            yield own, fit, fit.box if evidence.hidden else box
        return


def _evidence(own: Mask, front: Mask, brightness: Array) -> Evidence:
    shape = own.astype(np.uint8)
    hidden = int(np.count_nonzero(front & (cv2.dilate(shape, _NEAR) > 0))) > 3
    inner = cv2.erode(shape, _NEAR) > 0
    return Evidence(own, inner, front, brightness, int(np.count_nonzero(own)), hidden)


def _rest(own: Mask, fit: Fit) -> Mask | None:
    """Return the largest piece of a region that a solid leaves over, if it is large enough to be another."""
    left = own.copy()
    rim = 2 if own.shape[1] > FINE else 1
    left[fit.window] &= ~(cv2.dilate(fit.mask.astype(np.uint8), _NEAR, iterations=rim) > 0)
    pieces = cv2.morphologyEx(left.astype(np.uint8), cv2.MORPH_OPEN, _NEAR, iterations=rim)
    count, parts, stats, _ = cv2.connectedComponentsWithStats(pieces, connectivity=4)
    if count < 2:
        return None
    largest = int(stats[1:, cv2.CC_STAT_AREA].argmax()) + 1
    if stats[largest, cv2.CC_STAT_AREA] < 3 * SMALLEST * own.size:
        return None
    return np.asarray(parts == largest)


def _inside(own: Mask, fit: Fit) -> bool:
    return int((own[fit.window] & fit.mask).sum()) > SAME_SOLID * int(own.sum())


def bounds(mask: Mask) -> Box:
    """Return the bounding box of a mask that is not empty."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return Box(float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))
