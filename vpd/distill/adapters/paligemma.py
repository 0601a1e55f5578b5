"""PaliGemma and PaliGemma 2 (arXiv 2407.07726, 2412.03555): <image> tokens, <bos>, prompt, newline, answer.

There is no chat. The picture and the prompt see each other, the answer is causal. Proven with tiny random
weights of the real class, over Gemma and over Gemma 2, only.
"""

from collections.abc import Sequence
from typing import Any

import torch
from PIL import Image

from vpd.distill.adapters.protocol import Prefix


class PaliGemmaAdapter:
    """The PaliGemma processor."""

    def __init__(self, processor: Any) -> None:
        self.processor = processor

    @property
    def end(self) -> str:
        """The end of sequence."""
        return str(self.processor.tokenizer.eos_token)

    def pictures(self, images: Sequence[Image.Image]) -> Prefix:
        """Return the pixels and the placeholders of each picture, equally many for all."""
        pixels = self.processor.image_processor(list(images), return_tensors="pt")["pixel_values"]
        shape = (len(images), self.processor.image_seq_length)
        return {
            "input_ids": torch.full(shape, self.processor.image_token_id),
            "attention_mask": torch.ones(shape, dtype=torch.long),
            "pixel_values": pixels,
        }

    def prompt(self, text: str) -> str:
        """Return the prompt between the beginning of sequence and a newline."""
        return f"{self.processor.tokenizer.bos_token}{text}\n"
