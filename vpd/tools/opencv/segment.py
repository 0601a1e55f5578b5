"""Cut a picture into one-coloured regions that are not ground.

The ground's colour is fitted as a smooth surface; a shadow is ground that got darker evenly and is reached
from plain ground without crossing a sharp edge (so a gray object is not taken for one). What is left is
labelled by hue, which shading and white highlights leave alone, and cut into connected regions.

Not here: telling objects of the same colour apart where they touch, and shapes (`vpd.tools.opencv.fit`).
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Degrees. Orange stands for brown too: they share their hue and differ in brightness only.
HUES = {"red": 0, "orange": 28, "yellow": 52, "green": 127, "cyan": 183, "blue": 229, "purple": 279}
GRAY = len(HUES)
GROUND = 255
_DISTANCE = np.abs((np.arange(361)[:, None] - np.array(list(HUES.values())) + 180) % 360 - 180)
_NEAREST_HUE = _DISTANCE.argmin(1).astype(np.uint8)

PLAIN = 0.07  # least relative difference from the ground's colour that is seen as a change
TINTED = 0.09  # least spread of the three channels' relative brightness that is no shadow
DARKEST = 0.45  # relative brightness below which nothing is a shadow
SHARP = 0.045  # brightness step between neighbouring pixels that bounds a shadow
SATURATED = 0.24  # least saturation of a coloured pixel
FINE = 150  # pictures wider than this, in pixels, are smoothed first
GROW = 2
_NEAR = np.ones((3, 3), np.uint8)
_RIDGE = 1e-4 * np.eye(4, dtype=np.float32)
THIRD = np.full(3, 1 / 3, np.float32)
MOST = 30  # regions per picture; the largest are kept
SMALLEST = 12 / 96**2  # least region, as a share of the picture


@dataclass(frozen=True, eq=False)
class Regions:
    """One-coloured regions of a picture.

    labels: (h, w) number of the region from 1, 0 for ground
    hues:   per region from number 1: index into HUES, or GRAY
    value:  (h, w, 3) RGB, 0 to 1, noise smoothed
    """

    labels: NDArray[np.int32]
    hues: tuple[int, ...]
    value: Image


def segment(pixels: NDArray[np.uint8]) -> Regions:
    """Return the regions of an RGB picture; specks join a neighbour or are left out."""
    value: Image = (pixels * np.float32(1 / 255)).astype(np.float32)
    if pixels.shape[1] > FINE:
        value = np.asarray(cv2.GaussianBlur(value, (0, 0), 0.9), np.float32)
    things = _things(value)
    hues = np.where(things, _hue_labels(value), np.uint8(GROUND))
    return _regions(hues, value)


def _things(value: Image) -> Mask:
    """Everything that is neither ground nor shadow."""
    ratio = value / _ground(value)
    planes = cv2.split(ratio)
    low = np.minimum(np.minimum(planes[0], planes[1]), planes[2])
    high = np.maximum(np.maximum(planes[0], planes[1]), planes[2])
    changed = (high > 1 + PLAIN) | (low < 1 - PLAIN)
    shade_like = (high - low < TINTED) & (low > DARKEST) & (high < 1 + PLAIN)
    step = cv2.morphologyEx(value @ THIRD, cv2.MORPH_GRADIENT, np.ones((2, 2), np.uint8))
    smooth = (shade_like & ((step < SHARP) | ~changed)).astype(np.uint8)
    # Eroded where pixels abound, so that a small gap in a sharp edge lets nothing through.
    core = cv2.erode(smooth, _NEAR) if value.shape[1] > FINE else smooth
    count, parts = cv2.connectedComponents(core, connectivity=4)
    plain = np.bincount(parts[~changed & (parts > 0)], minlength=count)
    reached = (plain > 0.004 * smooth.size)[parts].astype(np.uint8)
    return np.asarray(changed & ~((cv2.dilate(reached, _NEAR, iterations=GROW) > 0) & shade_like))


def _ground(value: Image) -> Image:
    """Fit every channel with 1, x, y, xy to the pixels that agree with the fit, beginning at the median."""
    height, width = value.shape[:2]
    step = max(1, width // 32)
    y, x = np.mgrid[0:height:step, 0:width:step].reshape(2, -1).astype(np.float32)
    x, y = x / width, y / height
    sample = value[::step, ::step].reshape(-1, 3)
    basis = np.stack([np.ones_like(x), x, y, x * y], 1)
    weights = np.zeros((4, 3), np.float32)
    weights[0] = np.median(sample, 0)
    for tolerance in (0.2, 0.12, 0.06, 0.04):
        miss = np.abs(sample - basis @ weights)
        close = (miss[:, 0] < tolerance) & (miss[:, 1] < tolerance) & (miss[:, 2] < tolerance)
        inliers = basis[close]
        weights = np.linalg.solve(inliers.T @ inliers + _RIDGE, inliers.T @ sample[close])
    across = np.arange(width, dtype=np.float32)[None, :, None] / width
    down = np.arange(height, dtype=np.float32)[:, None, None] / height
    surface = weights[0] + weights[1] * across + (weights[2] + weights[3] * across) * down
    return np.asarray(np.maximum(surface, np.float32(0.05)))


def _hue_labels(value: Image) -> NDArray[np.uint8]:
    hsv = cv2.cvtColor(value, cv2.COLOR_RGB2HSV)
    nearest = _NEAREST_HUE[np.clip(hsv[..., 0], 0, 360).astype(np.int32)]
    return np.where(hsv[..., 1] >= SATURATED, nearest, np.uint8(GRAY))


def _regions(hues: NDArray[np.uint8], value: Image) -> Regions:
    smallest = SMALLEST * hues.size
    pieces: list[tuple[int, int, tuple[slice, slice], Mask]] = []
    specks = np.zeros(hues.shape, bool)
    for hue in np.unique(hues[hues != GROUND]).tolist():
        _, parts, stats, _ = cv2.connectedComponentsWithStats((hues == hue).astype(np.uint8), connectivity=4)
        small = stats[:, cv2.CC_STAT_AREA] < smallest
        small[0] = False
        specks |= small[parts]
        for part in np.flatnonzero(~small)[1:].tolist():
            left, top, width, height, area = stats[part].tolist()
            window = (slice(top, top + height), slice(left, left + width))
            pieces.append((area, hue, window, parts[window] == part))
    pieces.sort(key=lambda piece: -piece[0])
    labels = np.zeros(hues.shape, np.int32)
    for number, (_, _, window, inside) in enumerate(pieces[:MOST], start=1):
        labels[window][inside] = number
    return Regions(_absorb(labels, specks), tuple(hue for _, hue, _, _ in pieces[:MOST]), value)


def _absorb(labels: NDArray[np.int32], specks: Mask) -> NDArray[np.int32]:
    """Give specks (highlights, noise, blended edges) to a region they touch."""
    grown = labels.astype(np.float32)
    for _ in range(3):
        grown = np.where(specks & (grown == 0), cv2.dilate(grown, _NEAR), grown)
    return grown.astype(np.int32)
