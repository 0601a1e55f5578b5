"""One pass over a picture, shared by every text about it.

In a causal model keys and values of the image prefix do not depend on the text that follows, so texts that
continue a shared prefix have the logits, losses and gradients of separate sequences.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from transformers import DynamicCache


@dataclass(frozen=True)
class EncodedPrefix:
    """Keys and values of P image prefixes, and which of their positions are not padding (P, S)."""

    layers: list[tuple[torch.Tensor, torch.Tensor]]
    attention_mask: torch.Tensor

    def repeat(self, picture: torch.Tensor) -> tuple[DynamicCache, torch.Tensor]:
        """Return a fresh cache and mask with the prefix of `picture[i]` in row i."""
        return DynamicCache([(k[picture], v[picture]) for k, v in self.layers]), self.attention_mask[picture]


def encode_prefix(model: nn.Module, prefix: dict[str, torch.Tensor]) -> EncodedPrefix:
    """Run the model once over each picture; `prefix` is what `Collator.prefix` returns."""
    dtype = next(model.parameters()).dtype
    inputs = {name: t.to(dtype) if t.is_floating_point() else t for name, t in prefix.items()}
    cache = model(**inputs, use_cache=True, logits_to_keep=1).past_key_values
    return EncodedPrefix([(layer.keys, layer.values) for layer in cache.layers], prefix["attention_mask"])


def continue_text(
    model: nn.Module,
    cache: DynamicCache,
    attention_mask: torch.Tensor,
    input_ids: torch.Tensor,
    **options: Any,
) -> torch.Tensor:
    """Return the logits (N, T, vocabulary) of N rows of text after what is in the cache, and add them to it.

    `attention_mask` (N, S + T) covers the S cached positions and the T new ones; positions count its ones.
    """
    positions = (attention_mask.cumsum(1) - 1).clamp(min=0)[:, -input_ids.shape[1] :]
    output = model(
        input_ids=input_ids,
        attention_mask=attention_mask,
        position_ids=positions,
        past_key_values=cache,
        use_cache=True,
        **options,
    )
    return output.logits  # type: ignore[no-any-return]
