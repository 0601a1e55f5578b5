"""`simple_query` and `read_text` from any model that writes text about a picture.

Greedy, with few tokens. The prompt goes through the processor's chat template; without one it follows the
picture's placeholder, as PaliGemma wants it. Models that only read, such as GOT-OCR 2, are asked as their
processors ask. The confidence is the mean probability of the tokens written.

Not here: several pictures in one prompt, and reasoning before the answer.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import BatchFeature, LogitsProcessor, LogitsProcessorList

from vpd.tools.protocol import ToolFailure, ToolRequest, ToolResult
from vpd.tools.transformers.crops import Crop, crops_of
from vpd.tools.transformers.halving import Answer
from vpd.tools.transformers.weights import Loaded

QUESTION_PROMPT = "{question} Answer with one word or a short phrase."
READING_PROMPT = 'Write down the text in this picture and nothing else. If there is none, write "no text".'
QUESTION_TOKENS = 16
READING_TOKENS = 128
READERS = ("got_ocr2",)
"""Kinds of models that only read, by a prompt that their processors write."""
_TURN_ENDS = (
    "<|im_end|>"  # ends an answer in chats of the ChatML form, though not every configuration says so
)
_NO_TEXT = re.compile(r'^["\']?no text["\']?\.?$', re.IGNORECASE)


@dataclass(frozen=True)
class Questions:
    """Answers `simple_query`, in lower case and without a full stop; `prompt` has the slot {question}."""

    prompt: str
    tokens: int

    def refuse(self, request: ToolRequest) -> ToolFailure | None:
        """Refuse an empty question."""
        return None if str(request.args[0]).strip() else ToolFailure("argument", "there is no question")

    def answer(self, model: Loaded, requests: Sequence[ToolRequest]) -> list[Answer]:
        """Return the answers; a model that writes nothing gave none."""
        prompts = [self.prompt.replace("{question}", str(r.args[0]).strip()) for r in requests]
        return [self._read(*written) for written in _write(model, requests, prompts, self.tokens)]

    def _read(self, text: str, confidence: float) -> Answer:
        said = " ".join(text.split()).rstrip(".").lower()
        if not said:
            return ToolFailure("error", "the model wrote no answer")
        return ToolResult(said, confidence)


@dataclass(frozen=True)
class Reading:
    """Answers `read_text`: an empty text if the model says that there is none, or writes nothing.

    Without a prompt the processor writes one.
    """

    prompt: str | None
    tokens: int

    def refuse(self, request: ToolRequest) -> ToolFailure | None:
        """Refuse nothing."""

    def answer(self, model: Loaded, requests: Sequence[ToolRequest]) -> list[Answer]:
        """Return the texts."""
        prompts = [self.prompt] * len(requests) if self.prompt else None
        written = _write(model, requests, prompts, self.tokens)
        return [ToolResult("" if _NO_TEXT.match(t.strip()) else t.strip(), sure) for t, sure in written]


class _Chosen(LogitsProcessor):  # type: ignore[misc]
    """Notes the probability of the likeliest token at each step, which greedy decoding takes."""

    def __init__(self) -> None:
        self.steps: list[torch.Tensor] = []

    def __call__(self, _: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        self.steps.append(scores.float().softmax(-1).amax(-1))
        return scores


def _write(
    model: Loaded, requests: Sequence[ToolRequest], prompts: Sequence[str] | None, tokens: int
) -> list[tuple[str, float]]:
    """Return what the model writes about each region, and the mean probability of its tokens."""
    crops = crops_of(requests)
    inputs = model.inputs(_inputs(model.processor, crops, prompts))
    chosen = _Chosen()
    ends = _ends(model)
    written = model.network.generate(
        **inputs,
        max_new_tokens=tokens,
        do_sample=False,
        num_beams=1,
        eos_token_id=ends,
        logits_processor=LogitsProcessorList([chosen]),
    )
    new = written[:, -len(chosen.steps) :]
    mine = until_end(new, ends)
    means = (torch.stack(chosen.steps, dim=1) * mine).sum(1) / mine.sum(1)
    texts = model.processor.tokenizer.batch_decode(
        new.masked_fill(~mine, _pad(model)), skip_special_tokens=True
    )
    return list(zip(texts, means.tolist(), strict=True))


def _inputs(processor: Any, crops: Sequence[Crop], prompts: Sequence[str] | None) -> BatchFeature:
    """Return padded inputs; decoders continue at the right end, so padding is on the left."""
    options = {"padding": True, "padding_side": "left", "return_tensors": "pt"}
    if prompts is None:
        return processor(images=[crop.image for crop in crops], **options)
    if getattr(processor, "chat_template", None):
        talks = [_message(crop, prompt) for crop, prompt in zip(crops, prompts, strict=True)]
        return processor.apply_chat_template(
            talks, add_generation_prompt=True, tokenize=True, return_dict=True, processor_kwargs=options
        )
    images = [[crop.image] for crop in crops]
    place = getattr(processor, "image_token", "")
    inputs = processor(images=images, text=[f"{place}{prompt}" for prompt in prompts], **options)
    inputs.pop("labels", None)  # PaliGemma's processor adds some for training
    return inputs


def _message(crop: Crop, prompt: str) -> list[dict[str, Any]]:
    content = [{"type": "image", "image": crop.image}, {"type": "text", "text": prompt}]
    return [{"role": "user", "content": content}]


def _ends(model: Loaded) -> list[int]:
    """Return the tokens that end a text."""
    ends = model.network.generation_config.eos_token_id
    listed = list(ends) if isinstance(ends, list) else [] if ends is None else [ends]
    turn = model.processor.tokenizer.get_vocab().get(_TURN_ENDS)
    return listed if turn is None or turn in listed else [*listed, turn]


def until_end(tokens: torch.Tensor, ends: list[int]) -> torch.Tensor:
    """Return which tokens (n, steps) come up to and with the first that ends a text."""
    ended = torch.isin(tokens, torch.tensor(ends, dtype=tokens.dtype, device=tokens.device)).long()
    return ended.cumsum(1) - ended == 0


def _pad(model: Loaded) -> int:
    tokenizer = model.processor.tokenizer
    return int(tokenizer.eos_token_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id)
