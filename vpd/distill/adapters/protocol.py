"""The seam between training and the processors of different model families.

A sequence is <pictures(image)> <prompt(text)> <target> <end>. Labels mask all but target and end, so a family
has nothing to say about them. Not here: what the model does with it (`vpd.distill.pictures`).
"""

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from PIL import Image

Prefix = dict[str, torch.Tensor]


class Adapter(Protocol):
    """A processor of one family."""

    processor: Any

    @property
    def end(self) -> str:
        """The special token that ends what the model writes."""
        ...

    def pictures(self, images: Sequence[Image.Image]) -> Prefix:
        """Return the model's inputs up to and with the placeholders of each picture.

        `input_ids` and `attention_mask` (P, S) are padded on the right; what else there is belongs to the
        family.
        """
        ...

    def prompt(self, text: str) -> str:
        """Return what stands between the picture and the first token that the model writes."""
        ...
