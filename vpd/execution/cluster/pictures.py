"""Pictures in Ray's object store: put once, read by every process of a node without a copy."""

from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

import ray

from vpd.tools.protocol import Picture


@dataclass(frozen=True, eq=False)
class SharedPicture(Picture):
    """A picture whose pixels lie in the object store, too, under `ref`."""

    ref: Any


class PictureShelf:
    """Puts pictures into the object store; each stays there as long as its SharedPicture is in use."""

    def __init__(self) -> None:
        self._shared: WeakValueDictionary[str, SharedPicture] = WeakValueDictionary()

    def share(self, picture: Picture) -> SharedPicture:
        """Return the picture with its place in the object store."""
        shared = self._shared.get(picture.image_id)
        if shared is None:
            shared = SharedPicture(picture.image_id, picture.pixels, ray.put(picture.pixels))
            self._shared[picture.image_id] = shared
        return shared
