"""Pictures as a model takes them, kept from the first epoch on for as many as there is room for.

Opening and resizing a picture can take a tenth of a small student's step on the CPU, and every epoch would do
it again. Nothing is dropped for something newer: an epoch has another order than the one before, so what is
newer is not what is needed sooner.
"""

from collections.abc import Mapping, Sequence

import torch
from torch.nn import functional

from vpd.distill.adapters.protocol import Adapter, Prefix
from vpd.distill.picture_files import open_image


class KeptPictures:
    """Makes the prefixes of pictures, each once while there is room."""

    def __init__(self, adapter: Adapter, pad: int, room: int) -> None:
        """Take the adapter of a model's family, its padding token and the most bytes to keep."""
        self.adapter, self.pad, self.room = adapter, pad, room
        self._kept: dict[str, Prefix] = {}

    def prefix(self, files: Mapping[str, bytes]) -> Prefix:
        """Return the prefixes of picture files by image id; raises DataError if one cannot be opened."""
        return joined([self._one(*item) for item in files.items()], self.pad)

    def _one(self, image_id: str, file: bytes) -> Prefix:
        if image_id in self._kept:
            return self._kept[image_id]
        made = self.adapter.pictures([open_image(file, f"image {image_id}")])
        size = sum(tensor.nbytes for tensor in made.values())
        if size <= self.room:
            self.room -= size
            self._kept[image_id] = made
        return made


def joined(prefixes: Sequence[Prefix], pad: int) -> Prefix:
    """Return one prefix of several, padded on the right as the processors pad: tokens by `pad`, else by 0."""
    return {name: _joined([p[name] for p in prefixes], pad * (name == "input_ids")) for name in prefixes[0]}


def _joined(tensors: Sequence[torch.Tensor], fill: int) -> torch.Tensor:
    widest = [max(sizes) for sizes in zip(*(tensor.shape[1:] for tensor in tensors), strict=True)]
    return torch.cat([_widened(tensor, widest, fill) for tensor in tensors])


def _widened(tensor: torch.Tensor, shape: Sequence[int], fill: int) -> torch.Tensor:
    """Pad every dimension but the first on the right."""
    lacking = [n for want, have in zip(shape, tensor.shape[1:], strict=True) for n in (want - have, 0)]
    return functional.pad(tensor, lacking[::-1], value=fill) if any(lacking) else tensor
