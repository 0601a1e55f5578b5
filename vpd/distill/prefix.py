"""One pass over a picture, shared by every text about it.

In a causal model keys and values of the image prefix do not depend on the text that follows, so texts that
continue a shared prefix have the logits, losses and gradients of separate sequences.
"""

from dataclasses import dataclass

import torch
from torch import nn
from transformers import DynamicCache

from vpd.distill.adapters.protocol import Prefix
from vpd.distill.collate import TextBatch
from vpd.distill.features import in_dtype_of
from vpd.distill.reading import Reading, continue_text


@dataclass(frozen=True)
class EncodedPrefix:
    """Keys and values of P image prefixes, which positions are not padding (P, S), and offsets (P, 1)."""

    model: nn.Module
    layers: list[tuple[torch.Tensor, torch.Tensor]]
    attention_mask: torch.Tensor
    offset: torch.Tensor

    def logits(self, rows: TextBatch) -> torch.Tensor:
        """Return the logits (N, T, vocabulary) of texts about their pictures."""
        read = self._repeat(rows.picture)
        return continue_text(self.model, read, rows.input_ids, rows.attention_mask)[0]

    def begin(self, rows: TextBatch) -> tuple[torch.Tensor, Reading]:
        """Return the logits (N, 1, vocabulary) after prompts about their pictures, and what was read."""
        read = self._repeat(rows.picture)
        return continue_text(self.model, read, rows.input_ids, rows.attention_mask, logits_to_keep=1)

    def _repeat(self, picture: torch.Tensor) -> Reading:
        """Return a fresh cache with the prefix of `picture[i]` in row i."""
        cache = DynamicCache([(k[picture], v[picture]) for k, v in self.layers])
        return Reading(cache, self.attention_mask[picture], self.offset[picture])


def encode_prefix(model: nn.Module, prefix: Prefix) -> EncodedPrefix:
    """Run the model once over each picture; `prefix` is what `Collator.prefix` returns."""
    mask = prefix["attention_mask"]
    cache = model(**in_dtype_of(model, prefix), use_cache=True, logits_to_keep=1).past_key_values
    offset = getattr(model.model, "rope_deltas", None)
    return EncodedPrefix(
        model,
        [(layer.keys, layer.values) for layer in cache.layers],
        mask,
        torch.zeros_like(mask[:, :1]) if offset is None else offset,
    )
