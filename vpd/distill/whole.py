"""Whole sequences: every text brings its picture's tokens along; the picture itself is looked at once.

For prefix-LMs such as PaliGemma, in which the picture's tokens see the prompt, and wherever a cache cannot be
kept, as when activations are computed again. For causal models it gives what the shared prefix gives
(`vpd.distill.prefix`), only slower.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from vpd.distill.adapters.protocol import Prefix
from vpd.distill.collate import TextBatch
from vpd.distill.features import ImageFeatures
from vpd.distill.reading import Reading, positions


@dataclass(frozen=True)
class WholeSequences:
    """Pictures with their features; `prefix_lm` tells that picture and prompt see each other."""

    model: nn.Module
    prefix: Prefix
    features: ImageFeatures
    prefix_lm: bool

    def logits(self, rows: TextBatch) -> torch.Tensor:
        """Return the logits (N, T, vocabulary) of texts about their pictures."""
        output = self._run(rows, use_cache=False, logits_to_keep=rows.input_ids.shape[1])
        return output.logits  # type: ignore[no-any-return]

    def begin(self, rows: TextBatch) -> tuple[torch.Tensor, Reading]:
        """Return the logits (N, 1, vocabulary) after prompts about their pictures, and what was read."""
        output = self._run(rows, use_cache=True, logits_to_keep=1)
        mask = self._mask(rows)
        deltas = getattr(self.model.model, "rope_deltas", None)
        offset = torch.full_like(mask[:, :1], self.first) if deltas is None else deltas
        return output.logits, Reading(output.past_key_values, mask, offset)

    @property
    def first(self) -> int:
        """The position of the first token: PaliGemma counts from one."""
        return int(self.prefix_lm)

    def _mask(self, rows: TextBatch) -> torch.Tensor:
        return torch.cat([self.prefix["attention_mask"][rows.picture], rows.attention_mask], dim=1)

    def _run(self, rows: TextBatch, **options: Any) -> Any:
        before = self.prefix["input_ids"][rows.picture]
        return self.model(
            input_ids=torch.cat([before, rows.input_ids], dim=1),
            attention_mask=self._mask(rows),
            mm_encoder_outputs=self.features.rows(rows.picture),
            **self._places(rows),
            **options,
        )

    def _places(self, rows: TextBatch) -> dict[str, torch.Tensor]:
        """Return where tokens stand and who sees whom, as the family takes it."""
        if "mm_token_type_ids" in self.prefix:  # the model counts along its axes itself
            kinds = self.prefix["mm_token_type_ids"][rows.picture]
            return {
                "mm_token_type_ids": torch.cat([kinds, torch.zeros_like(rows.input_ids)], dim=1),
                "image_grid_thw": self.prefix["image_grid_thw"][rows.picture],
            }
        places = {"position_ids": positions(self._mask(rows), self.first)}
        if self.prefix_lm:
            before = torch.zeros_like(self.prefix["input_ids"][rows.picture])
            places["token_type_ids"] = torch.cat([before, rows.written], dim=1)
        return places
