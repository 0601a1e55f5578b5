"""`find` and `exists` from a detector's boxes: those of one object once, in picture pixels, left to right."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from vpd.tools.protocol import Detection, ToolFailure, ToolRequest, ToolResult
from vpd.tools.transformers.crops import Crop, crops_of
from vpd.tools.transformers.halving import Answer
from vpd.tools.transformers.weights import Loaded

MOST = 100  # objects of one name in a region, the surest

Scored = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Boxes (n, 4) as left, top, right, bottom in pixels of a crop, and their scores (n,), 0 to 1."""


class Detector(Protocol):
    """Detects what has a name in each crop."""

    def refuse(self, name: str) -> ToolFailure | None:
        """Return why this name cannot be detected, if so."""
        ...

    def detect(self, model: Loaded, crops: Sequence[Crop], names: Sequence[str]) -> list[Scored]:
        """Return what has a score above the threshold, one name per crop."""
        ...


@dataclass(frozen=True)
class Finding:
    """Answers `find`, or `exists`. A box is dropped if its IoU with a surer one is above `overlap`."""

    detector: Detector
    overlap: float
    only_exists: bool = False

    def refuse(self, request: ToolRequest) -> ToolFailure | None:
        """Refuse a name that the detector does not know."""
        return self.detector.refuse(str(request.args[0]))

    def answer(self, model: Loaded, requests: Sequence[ToolRequest]) -> list[Answer]:
        """Return the objects, or whether there are any with the surest one's confidence."""
        crops = crops_of(requests)
        scored = self.detector.detect(model, crops, [str(request.args[0]) for request in requests])
        return [self._result(crop, *found) for crop, found in zip(crops, scored, strict=True)]

    def _result(self, crop: Crop, boxes: NDArray[np.float64], scores: NDArray[np.float64]) -> Answer:
        kept = suppress(boxes, scores, self.overlap)[:MOST]
        found = [Detection(crop.to_picture(boxes[n].tolist()), float(scores[n])) for n in kept]
        found = [one for one in found if one.box.area > 0]
        if self.only_exists:
            return ToolResult(bool(found), found[0].confidence if found else None)
        return ToolResult(tuple(sorted(found, key=lambda d: (d.box.left, d.box.top))))


def suppress(boxes: NDArray[np.float64], scores: NDArray[np.float64], overlap: float) -> list[int]:
    """Return the numbers of the boxes that overlap no surer one by more than this IoU; the surest first."""
    sides = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None)
    areas = sides[:, 0] * sides[:, 1]
    alive = np.isfinite(boxes).all(1) & np.isfinite(scores)
    kept: list[int] = []
    for best in np.argsort(-scores, kind="stable").tolist():
        if not alive[best]:
            continue
        kept.append(best)
        low, high = np.maximum(boxes[best, :2], boxes[:, :2]), np.minimum(boxes[best, 2:], boxes[:, 2:])
        shared = np.clip(high - low, 0, None).prod(1)
        alive &= shared <= overlap * (areas[best] + areas - shared)
    return kept


def in_float32(outputs: Any) -> Any:
    """Return a detector's outputs with logits and boxes as float32, the type that pixels are computed in."""
    outputs.logits, outputs.pred_boxes = outputs.logits.float(), outputs.pred_boxes.float()
    return outputs


def as_scored(boxes: torch.Tensor, scores: torch.Tensor) -> Scored:
    """Return a processor's boxes and scores as arrays."""
    return boxes.double().cpu().numpy().reshape(-1, 4), scores.double().cpu().numpy()
