"""Questions with their pictures become tensors: one image prefix per picture, one text row per example.

A sequence is <chat template up to and with the picture> <rest of the template with the prompt> <target>
<end>. The first part is the prefix, shared by all examples of the picture; the loss counts the target and
the end token.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from io import BytesIO
from typing import Any

import torch
from PIL import Image

from vpd.distill.config import Arm
from vpd.distill.data import TextExample, TrainingQuestion

IGNORE = -100
Prefix = dict[str, torch.Tensor]


@dataclass(frozen=True)
class TextBatch:
    """Rows of text that continue image prefixes.

    `picture` (N): which prefix a row continues; `input_ids`, `attention_mask`, `labels` (N, T): labels are
    the next tokens, IGNORE outside the target.
    """

    picture: torch.Tensor
    input_ids: torch.Tensor
    attention_mask: torch.Tensor
    labels: torch.Tensor

    def uncounted(self) -> "TextBatch":
        """Return the rows without labels, so that their loss is zero."""
        return replace(self, labels=torch.full_like(self.labels, IGNORE))

    def to(self, device: torch.device) -> "TextBatch":
        """Return the rows on a device."""
        return TextBatch(*(getattr(self, field.name).to(device) for field in fields(self)))


@dataclass(frozen=True)
class Batch:
    """Image prefixes (P pictures) and, by mode, the text rows over them. `questions` counts the questions."""

    prefix: Prefix
    texts: dict[str, TextBatch]
    questions: int

    def to(self, device: torch.device) -> "Batch":
        """Return the batch on a device."""
        prefix = {name: tensor.to(device) for name, tensor in self.prefix.items()}
        return Batch(prefix, {mode: rows.to(device) for mode, rows in self.texts.items()}, self.questions)


class Collator:
    """Builds batches with a model's processor, with text rows in the modes of an arm."""

    def __init__(self, processor: Any, arm: Arm = "student") -> None:
        self.processor = processor
        self.tokenizer = processor.tokenizer
        self.arm = arm

    def __call__(self, questions: Sequence[TrainingQuestion]) -> Batch:
        """Return the batch of these questions; a picture asked about repeatedly is in it once.

        Every batch of a student has rationale rows, if need be one that counts nothing: ranks that made
        different numbers of passes would wait for each other for ever under ZeRO-3.
        """
        files = {q.image_id: q.image for q in questions}
        picture = {image_id: i for i, image_id in enumerate(files)}
        answers = [(picture[q.image_id], q.answer) for q in questions]
        rationales = [(picture[q.image_id], q.rationale) for q in questions if q.rationale is not None]
        texts = {"answer": self._rows(answers)}
        if self.arm == "student":
            texts["rationale"] = self._rows(rationales) if rationales else self._rows(answers[:1]).uncounted()
        return Batch(self.prefix([open_image(f) for f in files.values()]), texts, len(questions))

    def prefix(self, images: Sequence[Image.Image]) -> Prefix:
        """Return the processor's tensors of the text up to and with each picture."""
        before, _ = self._template("")
        text = [before + self.processor.image_token] * len(images)
        return dict(
            self.processor(
                images=list(images), text=text, return_tensors="pt", padding=True, add_special_tokens=False
            )
        )

    def prompts(self, prompts: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return tokens and mask (N, T) of prompts, padded on the left so that all end together."""
        rows = [self._prompt_ids(prompt) for prompt in prompts]
        longest = max(len(row) for row in rows)
        fill = [longest - len(row) for row in rows]
        pad = self.tokenizer.pad_token_id
        ids = [[pad] * n + row for n, row in zip(fill, rows, strict=True)]
        mask = [[0] * n + [1] * len(row) for n, row in zip(fill, rows, strict=True)]
        return torch.tensor(ids), torch.tensor(mask)

    def texts(self, tokens: torch.Tensor) -> list[str]:
        """Return the texts of rows of tokens (N, T), without special ones."""
        return [text.strip() for text in self.tokenizer.batch_decode(tokens, skip_special_tokens=True)]

    def _prompt_ids(self, prompt: str) -> list[int]:
        """Return the tokens between a picture and the first token the student writes."""
        _, after = self._template(prompt)
        return list(self.tokenizer(after, add_special_tokens=False)["input_ids"])

    def _template(self, prompt: str) -> tuple[str, str]:
        content = [{"type": "image"}, {"type": "text", "text": prompt}]
        message = [{"role": "user", "content": content}]
        text = self.processor.apply_chat_template(message, add_generation_prompt=True)
        before, _, after = text.partition(self.processor.image_token)
        return before, after

    def _rows(self, examples: Sequence[tuple[int, TextExample]]) -> TextBatch:
        rows = [self._row(example) for _, example in examples]
        longest = max(len(ids) for ids, _ in rows)
        padded = partial(_pad, length=longest)
        return TextBatch(
            picture=torch.tensor([picture for picture, _ in examples]),
            input_ids=torch.stack([padded(ids, self.tokenizer.pad_token_id) for ids, _ in rows]),
            attention_mask=torch.stack([padded([1] * len(ids), 0) for ids, _ in rows]),
            labels=torch.stack([padded(labels, IGNORE) for _, labels in rows]),
        )

    def _row(self, example: TextExample) -> tuple[list[int], list[int]]:
        prompt = self._prompt_ids(example.prompt)
        target = [
            *self.tokenizer(example.target, add_special_tokens=False)["input_ids"],
            self.tokenizer.eos_token_id,
        ]
        labels = [IGNORE] * (len(prompt) - 1) + target
        return (prompt + target)[:-1], labels


def _pad(values: list[int], fill: int, *, length: int) -> torch.Tensor:
    return torch.tensor(values + [fill] * (length - len(values)))


def open_image(file: bytes) -> Image.Image:
    """Decode a picture to RGB."""
    return Image.open(BytesIO(file)).convert("RGB")
