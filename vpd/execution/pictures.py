"""Stored pictures, decoded once for all programs that look at them, within a budget of memory."""

import io
from collections import OrderedDict

import numpy as np
from PIL import Image as PillowImage

from vpd.errors import StoreError
from vpd.store import ArtifactStore
from vpd.tools.protocol import Picture

BUDGET = 512 * 2**20  # bytes of pixels: 18,000 scenes of 96x96, or 14 photographs of 12 megapixels


class Pictures:
    """The most recently used pictures of a store. A picture outside the budget is decoded again."""

    def __init__(self, store: ArtifactStore, budget: int | None = None) -> None:
        """Keep pixels of `budget` bytes at most, by default BUDGET."""
        self.budget = BUDGET if budget is None else budget
        self._store = store
        self._kept: OrderedDict[str, Picture] = OrderedDict()
        self._bytes = 0

    def get(self, image_id: str) -> Picture:
        """Return a picture. Raises StoreError if it is gone, damaged or no picture."""
        picture = self._kept.get(image_id)
        if picture is None:
            picture = self._kept[image_id] = load_picture(self._store, image_id)
            self._bytes += picture.pixels.nbytes
        self._kept.move_to_end(image_id)
        while self._bytes > self.budget and len(self._kept) > 1:
            self._bytes -= self._kept.popitem(last=False)[1].pixels.nbytes
        return picture


def load_picture(store: ArtifactStore, image_id: str) -> Picture:
    """Decode a stored picture. Raises StoreError if it is gone, damaged or no picture."""
    data = store.get_blob(image_id)
    try:
        with PillowImage.open(io.BytesIO(data)) as image:
            return Picture(image_id, np.asarray(image.convert("RGB")))
    except (OSError, ValueError) as error:
        raise StoreError(f"blob {image_id} does not decode ({error}): ingest its source again") from error
