"""What a model has read so far, and how it goes on from there.

A position is the number of real tokens before a token plus an offset: 0, 1 in PaliGemma, and in Qwen-VL what
its several axes (M-RoPE) leave the text after a picture.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import nn
from transformers import Cache

from vpd.distill.collate import TextBatch


@dataclass(frozen=True)
class Reading:
    """N sequences of S tokens: keys and values, which are not padding (N, S), and offsets (N, 1)."""

    cache: Cache
    attention_mask: torch.Tensor
    offset: torch.Tensor

    def only(self, chosen: torch.Tensor) -> "Reading":
        """Return the chosen sequences, by a mask (N); the cache of this reading is cut down to them."""
        self.cache.batch_select_indices(chosen)
        return Reading(self.cache, self.attention_mask[chosen], self.offset[chosen])


class Pictures(Protocol):
    """Pictures that a model has looked at once, for texts about them."""

    def logits(self, rows: TextBatch) -> torch.Tensor:
        """Return the logits (N, T, vocabulary) of texts about their pictures."""
        ...

    def begin(self, rows: TextBatch) -> tuple[torch.Tensor, Reading]:
        """Return the logits (N, 1, vocabulary) after prompts about their pictures, and what was read."""
        ...


def positions(attention_mask: torch.Tensor, offset: torch.Tensor | int) -> torch.Tensor:
    """Return the positions (N, S) of tokens, of which the ones of the mask are real."""
    return (attention_mask.cumsum(1) - 1).clamp(min=0) + offset


def continue_text(
    model: nn.Module, read: Reading, input_ids: torch.Tensor, attention_mask: torch.Tensor, **options: Any
) -> tuple[torch.Tensor, Reading]:
    """Return the logits (N, T, vocabulary) of T more tokens, and what has been read with them.

    `attention_mask` (N, T) tells which are not padding. The cache of `read` grows, so go on from the new one.
    """
    mask = torch.cat([read.attention_mask, attention_mask], dim=1)
    output = model(
        input_ids=input_ids,
        attention_mask=mask,
        position_ids=positions(mask, read.offset)[:, -input_ids.shape[1] :],
        past_key_values=read.cache,
        use_cache=True,
        **options,
    )
    return output.logits, Reading(read.cache, mask, read.offset)
