"""Pictures in Ray's object store: put once, read by all processes of a node without a copy."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import ray

from vpd.tools.protocol import Picture

_BUDGET = 256 * 2**20  # bytes of pixels kept for later chunks; those of chunks under way are kept anyway


@dataclass(frozen=True, eq=False)
class SharedPicture(Picture):
    """A picture whose pixels lie in the object store, under `ref`."""

    ref: Any


class PictureShelf:
    """Puts pictures into the object store, and keeps the most recently used ones there."""

    def __init__(self, budget: int = _BUDGET) -> None:
        self._budget, self._bytes = budget, 0
        self._kept: OrderedDict[str, tuple[Any, int]] = OrderedDict()

    def put(self, picture: Picture) -> Any:
        """Return the reference to a picture's pixels. They stay as long as somebody holds it."""
        if picture.image_id not in self._kept:
            self._kept[picture.image_id] = ray.put(picture.pixels), picture.pixels.nbytes
            self._bytes += picture.pixels.nbytes
        self._kept.move_to_end(picture.image_id)
        ref, _ = self._kept[picture.image_id]
        while self._bytes > self._budget and len(self._kept) > 1:
            self._bytes -= self._kept.popitem(last=False)[1][1]
        return ref
