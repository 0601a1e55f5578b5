"""Questions with their pictures become tensors: one image prefix per picture, one text row per example.

A sequence is <template up to and with the picture> <rest of the template with the prompt> <target> <end>, as
the adapter of the model's family writes it (`vpd.distill.adapters`). The first part is the prefix of all
examples of the picture; the loss counts the target and the end token.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache, partial
from typing import Any

import torch
from PIL import Image
from torch.nn import functional

from vpd.distill.adapters.families import adapter_for
from vpd.distill.adapters.protocol import Prefix
from vpd.distill.config import MODES, Arm
from vpd.distill.data import TextExample, TrainingQuestion
from vpd.distill.kept_pictures import KeptPictures
from vpd.distill.notation import Notation, NotationName

IGNORE = -100
PROMPTS = 8192  # most prompts whose tokens are remembered: data sets ask the same of many pictures


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

    @property
    def written(self) -> torch.Tensor:
        """Which tokens (N, T) are of a target: 1 for those that an earlier label asks for, else 0."""
        return functional.pad((self.labels[:, :-1] != IGNORE).long(), (1, 0))

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

    def __init__(
        self, processor: Any, arm: Arm = "student", notation: NotationName = "boxes", room: int = 0
    ) -> None:
        """Take a processor, and the bytes there are for prepared pictures that are kept.

        Raises ConfigError if the processor's family is not supported.
        """
        self.adapter = adapter_for(processor)
        self.tokenizer = processor.tokenizer
        self.arm = arm
        self.notation = Notation.of(self.tokenizer, notation)
        self.end: int = self.tokenizer.convert_tokens_to_ids(self.adapter.end)
        self.pad: int = self.end if self.tokenizer.pad_token_id is None else self.tokenizer.pad_token_id
        self.pictures = KeptPictures(self.adapter, self.pad, room)
        self._prompt_ids = lru_cache(PROMPTS)(self._read_prompt)

    def __call__(self, questions: Sequence[TrainingQuestion]) -> Batch:
        """Return the batch of these questions; a picture asked about repeatedly is in it once.

        Every batch of a student has rationale rows, if need be one that counts nothing: ranks that made
        different numbers of passes would wait for each other for ever under ZeRO-3. Raises DataError for a
        picture that cannot be opened.
        """
        files = {q.image_id: q.image for q in questions}
        picture = {image_id: i for i, image_id in enumerate(files)}
        answers = [(picture[q.image_id], q.answer) for q in questions if q.answer is not None]
        rationales = [(picture[q.image_id], q.rationale) for q in questions if q.rationale is not None]
        texts = {"answer": self.rows(answers)} if "answer" in MODES[self.arm] else {}
        if "rationale" in MODES[self.arm]:
            texts["rationale"] = self.rows(rationales) if rationales else self.rows(answers[:1]).uncounted()
        return Batch(self.pictures.prefix(files), texts, len(questions))

    def prefix(self, images: Sequence[Image.Image]) -> Prefix:
        """Return the model's inputs of the text up to and with each picture."""
        return self.adapter.pictures(images)

    def prompts(self, prompts: Sequence[str], picture: Sequence[int]) -> TextBatch:
        """Return rows (N, T) of prompts about pictures, padded on the left so that all end together."""
        rows = [self._prompt_ids(prompt) for prompt in prompts]
        longest = max(len(row) for row in rows)
        fill = [longest - len(row) for row in rows]
        ids = [[self.pad] * n + row for n, row in zip(fill, rows, strict=True)]
        mask = [[0] * n + [1] * len(row) for n, row in zip(fill, rows, strict=True)]
        tokens = torch.tensor(ids)
        return TextBatch(torch.tensor(picture), tokens, torch.tensor(mask), torch.full_like(tokens, IGNORE))

    def texts(self, tokens: torch.Tensor) -> list[str]:
        """Return the texts of rows of tokens (N, T), without special ones."""
        texts = self.tokenizer.batch_decode(tokens, skip_special_tokens=True)
        return [self.notation.read(text).strip() for text in texts]

    def rows(self, examples: Sequence[tuple[int, TextExample]]) -> TextBatch:
        """Return rows of examples, each with the number of its picture's prefix, padded on the right."""
        prompts = [self._prompt_ids(example.prompt) for _, example in examples]
        targets = self._ids([example.target for _, example in examples])
        rows = [self._row(*ids) for ids in zip(prompts, targets, strict=True)]
        longest = max(len(ids) for ids, _ in rows)
        padded = partial(_pad, length=longest)
        return TextBatch(
            picture=torch.tensor([picture for picture, _ in examples]),
            input_ids=torch.stack([padded(ids, self.pad) for ids, _ in rows]),
            attention_mask=torch.stack([padded([1] * len(ids), 0) for ids, _ in rows]),
            labels=torch.stack([padded(labels, IGNORE) for _, labels in rows]),
        )

    def _row(self, prompt: list[int], target: list[int]) -> tuple[list[int], list[int]]:
        return prompt + target, [IGNORE] * (len(prompt) - 1) + [*target, self.end]

    def _read_prompt(self, prompt: str) -> list[int]:
        """Return the tokens between a picture and the first token the student writes."""
        return self._ids([self.adapter.prompt(prompt)])[0]

    def _ids(self, texts: list[str]) -> list[list[int]]:
        written = [self.notation.write(text) for text in texts]
        return self.tokenizer(written, add_special_tokens=False)["input_ids"]  # type: ignore[no-any-return]


def _pad(values: list[int], fill: int, *, length: int) -> torch.Tensor:
    return torch.tensor(values + [fill] * (length - len(values)))
