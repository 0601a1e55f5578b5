"""From NanoDet's raw outputs to boxes on its input: box distributions, score threshold, class-wise NMS.

Li et al., Generalized Focal Loss (NeurIPS 2020): each edge's distance from the cell's centre is the mean of a
softmax over BINS steps of one stride.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

BINS = 11
MOST = 100  # detections kept per region, the best first


@dataclass(frozen=True)
class Scored:
    """Boxes on the canvas by descending score: (n, 4) edges, (n,) scores, (n,) class numbers."""

    boxes: Floats
    scores: Floats
    classes: NDArray[np.intp]


def decode(
    outputs: Sequence[Floats], side: int, strides: Sequence[int], least_score: float, most_overlap: float
) -> Scored:
    """Return what is detected.

    outputs: per stride in any order (1, n*n, classes) scores after the sigmoid and (1, n*n, 4*BINS)
        distributions, with n = side / stride; classes must not be 4*BINS in number
    """
    levels = [_level(outputs, side // stride, stride, least_score) for stride in strides]
    boxes, scores, classes = (np.concatenate(parts) for parts in zip(*levels, strict=True))
    order = np.argsort(-scores, kind="stable")
    boxes, scores, classes = boxes[order], scores[order], classes[order]
    kept = _suppress(boxes, classes, most_overlap)[:MOST]
    return Scored(boxes[kept], scores[kept], classes[kept])


def _level(
    outputs: Sequence[Floats], cells: int, stride: int, least_score: float
) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Return boxes, scores and classes of one stride above the threshold."""
    mine = [out[0] for out in outputs if out.shape[1] == cells * cells]
    scores = next(out for out in mine if out.shape[1] != 4 * BINS)
    edges = next(out for out in mine if out.shape[1] == 4 * BINS)
    cell, number = np.nonzero(scores > least_score)
    bins = edges[cell].reshape(-1, 4, BINS)
    weights = np.exp(bins - bins.max(-1, keepdims=True))
    distances = stride * (weights @ np.arange(BINS, dtype=np.float32)) / weights.sum(-1)
    x, y = (cell % cells + 0.5) * stride, (cell // cells + 0.5) * stride
    boxes = np.stack(
        [x - distances[:, 0], y - distances[:, 1], x + distances[:, 2], y + distances[:, 3]], axis=1
    )
    return boxes.astype(np.float32), scores[cell, number], number


def _suppress(boxes: Floats, classes: NDArray[np.intp], most_overlap: float) -> list[int]:
    """Return the numbers of the boxes that overlap no better box of their class too much; best first."""
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    alive = np.ones(len(boxes), bool)
    kept: list[int] = []
    for best in range(len(boxes)):
        if not alive[best]:
            continue
        kept.append(best)
        low, high = np.maximum(boxes[best, :2], boxes[:, :2]), np.minimum(boxes[best, 2:], boxes[:, 2:])
        shared = np.clip(high - low, 0, None).prod(1)
        union = areas[best] + areas - shared
        alive &= (classes != classes[best]) | (shared <= most_overlap * union)
    return kept
