"""The image features of pictures, and that there is one for every placeholder."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from vpd.distill.adapters.protocol import Prefix
from vpd.errors import ConfigError

_TEXT = {"input_ids", "attention_mask", "token_type_ids", "mm_token_type_ids"}


@dataclass(frozen=True)
class ImageFeatures:
    """What a vision tower says of P pictures. `counts`: the placeholders of each."""

    output: Any
    counts: list[int]

    def rows(self, picture: torch.Tensor) -> dict[str, Any]:
        """Return the features of `picture[i]` in row i, as models take them in `mm_encoder_outputs`."""
        made = {name: self._of(value, picture) for name, value in self.output.items() if name in _FEATURES}
        return {"image": type(self.output)(**made)}

    def _of(self, value: Any, picture: torch.Tensor) -> Any:
        if isinstance(value, list) and isinstance(value[0], tuple | list):  # one a layer
            return [self._of(layer, picture) for layer in value]
        pieces = torch.split(flat(value), self.counts)
        taken = torch.cat([pieces[i] for i in picture.tolist()])
        return taken if isinstance(value, torch.Tensor) else [taken]


_FEATURES = ("pooler_output", "deepstack_features")


def flat(features: Any) -> torch.Tensor:
    """Return the features (tokens, width) of all pictures one after the other."""
    pieces = [features] if isinstance(features, torch.Tensor) else features
    return torch.cat([piece.reshape(-1, piece.shape[-1]) for piece in pieces])


def image_features(model: nn.Module, prefix: Prefix) -> ImageFeatures:
    """Look at pictures; raises ConfigError if there are more or fewer features than placeholders."""
    pictures = {name: t for name, t in in_dtype_of(model, prefix).items() if name not in _TEXT}
    output = model.get_image_features(**pictures)  # type: ignore[operator]
    counts = (prefix["input_ids"] == model.config.image_token_id).sum(1).tolist()  # type: ignore[union-attr]
    found = len(flat(output.pooler_output))
    if found != sum(counts):
        raise ConfigError(
            f"the processor writes {sum(counts)} placeholders for {len(counts)} pictures, but "
            f"{type(model).__name__} makes {found} image features of them: take the processor that belongs "
            "to the model, with the image size, patch size and cutting it was trained with"
        )
    return ImageFeatures(output, counts)


def in_dtype_of(model: nn.Module, prefix: Prefix) -> Prefix:
    """Return the tensors with those of real numbers in the precision of the model."""
    dtype = next(model.parameters()).dtype
    return {name: t.to(dtype) if t.is_floating_point() else t for name, t in prefix.items()}
