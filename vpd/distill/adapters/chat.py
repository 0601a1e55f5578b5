"""Chat processors whose template puts a placeholder where the picture goes.

Proven with tiny random weights of the real classes only: LLaVA, LLaVA-OneVision, InternVL (the HF classes),
Qwen2.5-VL and Qwen3-VL.
"""

from collections.abc import Sequence
from typing import Any

from PIL import Image

from vpd.distill.adapters.protocol import Prefix
from vpd.errors import ConfigError


class ChatAdapter:
    """A processor that writes `image_token` into its chat template and expands it to the picture's tokens."""

    def __init__(self, processor: Any) -> None:
        """Take a processor; raises ConfigError if it has no chat template."""
        if processor.chat_template is None and processor.tokenizer.chat_template is None:
            raise ConfigError(
                f"{type(processor).__name__} has no chat template, so nothing says how to ask the model: "
                "take the instruction-tuned checkpoint, or add its chat_template.jinja to the folder"
            )
        self.processor = processor

    @property
    def end(self) -> str:
        """The tokenizer's end of sequence, which the templates of these families put after a reply."""
        return str(self.processor.tokenizer.eos_token)

    def pictures(self, images: Sequence[Image.Image]) -> Prefix:
        """Return the inputs of the template up to and with each picture."""
        before, _ = self._template("")
        text = [before + self.processor.image_token] * len(images)
        return dict(
            self.processor(
                images=list(images),
                text=text,
                return_tensors="pt",
                padding=True,
                padding_side="right",
                add_special_tokens=False,
            )
        )

    def prompt(self, text: str) -> str:
        """Return the template from behind the picture to the beginning of the reply."""
        _, after = self._template(text)
        return after

    def _template(self, prompt: str) -> tuple[str, str]:
        content = [{"type": "image"}, {"type": "text", "text": prompt}]
        message = [{"role": "user", "content": content}]
        text = self.processor.apply_chat_template(message, add_generation_prompt=True)
        before, placeholder, after = text.partition(self.processor.image_token)
        if not placeholder:
            raise ConfigError(
                f"the chat template of {type(self.processor).__name__} has no {self.processor.image_token} "
                "for a picture: take the template that belongs to the model"
            )
        return before, after
