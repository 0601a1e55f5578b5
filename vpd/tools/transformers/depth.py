"""`compute_depth` from monocular depth: a model sees the whole picture once, a region is its median.

DPT (Ranftl et al., ICCV 2021) and Depth Anything V2 (Yang et al., NeurIPS 2024) give inverse depth, larger
where nearer, up to a scale and shift of the picture: their distances order a picture's objects and mean
nothing across pictures. Depth Anything's metric models give metres.
"""

import math
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vpd.geometry import Box
from vpd.tools.protocol import Picture, ToolFailure, ToolRequest, ToolResult
from vpd.tools.transformers.crops import crops_of
from vpd.tools.transformers.halving import Answer
from vpd.tools.transformers.pixels import batches
from vpd.tools.transformers.weights import Loaded

KINDS = ("dpt", "depth_anything")
FARTHEST = 0.01  # added to inverse depth, whose nearest point is 1, so that a zero is 100 and not infinite
_MAPS = 64  # pictures whose maps are kept, about 1 MB each

Map = NDArray[np.float32]


def is_metric(config: Any) -> bool:
    """Tell whether a model of this configuration gives distances and not their inverse."""
    return getattr(config, "depth_estimation_type", "relative") == "metric"


class Depth:
    """Answers `compute_depth`. Maps of the last pictures are kept, so several regions cost one pass."""

    def __init__(self, metric: bool) -> None:
        self._metric = metric
        self._maps: OrderedDict[str, Map] = OrderedDict()
        self._lock = Lock()

    def refuse(self, request: ToolRequest) -> ToolFailure | None:
        """Refuse nothing."""

    def answer(self, model: Loaded, requests: Sequence[ToolRequest]) -> list[Answer]:
        """Return each region's distance: metres, or from 1/(1 + FARTHEST) at the picture's nearest point."""
        pictures = {request.picture.image_id: request.picture for request in requests}
        with self._lock:
            known = {name: self._maps[name] for name in pictures if name in self._maps}
        new = [picture for name, picture in pictures.items() if name not in known]
        known.update(zip((p.image_id for p in new), self._look(model, new), strict=True))
        with self._lock:
            for name in pictures:
                self._maps[name] = known[name]
                self._maps.move_to_end(name)
            while len(self._maps) > _MAPS:
                self._maps.popitem(last=False)
        return [_median(known[r.picture.image_id], r) for r in requests]

    def _look(self, model: Loaded, pictures: Sequence[Picture]) -> list[Map]:
        whole = [ToolRequest(p, Box(0, 0, p.width, p.height), ()) for p in pictures]
        found: dict[int, Map] = {}
        for numbers, pixels in batches(model.processor, [crop.image for crop in crops_of(whole)]):
            depths = model.network(**model.inputs(pixels)).predicted_depth.float().cpu().numpy()
            for number, depth in zip(numbers, depths, strict=True):
                found[number] = depth if self._metric else distance(depth)
        return [found[number] for number in range(len(pictures))]


def distance(inverse: Map) -> Map:
    """Return distances for inverse depths, in the opposite order; all NaN if one of them is not finite."""
    if not np.isfinite(inverse).all():
        return np.full_like(inverse, np.nan)
    nearest = max(float(inverse.max()), float(np.finfo(np.float32).tiny))
    return np.asarray(1 / (np.clip(inverse / nearest, 0, 1) + FARTHEST), np.float32)


def _median(depth: Map, request: ToolRequest) -> Answer:
    region = request.region.clamp(request.picture.width, request.picture.height)
    rows = _cells(region.top, region.bottom, request.picture.height, depth.shape[0])
    columns = _cells(region.left, region.right, request.picture.width, depth.shape[1])
    middle = float(np.median(depth[rows, columns]))
    if not np.isfinite(middle):
        return ToolFailure("error", "the model gave no finite depth here; float32 may help")
    return ToolResult(middle)


def _cells(low: float, high: float, length: int, cells: int) -> slice:
    """Return the cells of a map that a stretch of a picture's side touches; at least one."""
    return slice(math.floor(low / length * cells), math.ceil(high / length * cells))
