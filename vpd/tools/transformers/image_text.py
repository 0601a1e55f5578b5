"""`verify_property` and `best_text_match` from how well texts describe a region: CLIP, SigLIP, SigLIP 2.

Radford et al., Learning Transferable Visual Models (ICML 2021), score texts against each other (softmax);
Zhai et al., Sigmoid Loss for Language Image Pre-Training (ICCV 2023), score each text by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from vpd.tools.protocol import ToolFailure, ToolRequest, ToolResult
from vpd.tools.transformers.crops import crops_of
from vpd.tools.transformers.halving import Answer
from vpd.tools.transformers.pixels import batches
from vpd.tools.transformers.properties import claims, photo_of
from vpd.tools.transformers.weights import Loaded

SOFTMAX = ("clip", "metaclip_2")
SIGMOID = ("siglip", "siglip2")
THRESHOLD = 0.5
"""The one place where a property is decided: it is true if the claim's score is at least this share of its
own and its strongest rival's together. At 0.5 the claim must only beat every rival, however many its kind
has. It is a convention and not fitted to data: raise `threshold` where a model says yes too easily."""


@dataclass(frozen=True)
class Scores:
    """How well texts describe regions. `kind` is the model's type."""

    kind: str

    def of(
        self, model: Loaded, requests: Sequence[ToolRequest], texts: Sequence[list[str]]
    ) -> list[list[float]]:
        """Return scores from 0 to 1, one for each of a request's own texts."""
        distinct = list(dict.fromkeys(text for own in texts for text in own))
        place = {text: number for number, text in enumerate(distinct)}
        words = self._words(model, distinct)
        images = [crop.image for crop in crops_of(requests)]
        found: dict[int, list[float]] = {}
        for numbers, pixels in batches(model.processor.image_processor, images):
            logits = model.network(**model.inputs({**pixels, **words})).logits_per_image.float()
            for number, row in zip(numbers, logits, strict=True):
                own = row[[place[text] for text in texts[number]]]
                found[number] = (own.softmax(0) if self.kind in SOFTMAX else own.sigmoid()).tolist()
        return [found[number] for number in range(len(requests))]

    def _words(self, model: Loaded, texts: list[str]) -> dict[str, torch.Tensor]:
        options: dict[str, Any] = {"padding": True}
        if self.kind in SIGMOID:  # trained without a mask, on texts padded to the full length
            options = {
                "padding": "max_length",
                "max_length": model.network.config.text_config.max_position_embeddings,
                "return_attention_mask": False,
            }
        return dict(model.processor.tokenizer(texts, truncation=True, return_tensors="pt", **options))


@dataclass(frozen=True)
class PropertyCheck:
    """Answers `verify_property`; `threshold` as THRESHOLD."""

    scores: Scores
    threshold: float

    def refuse(self, request: ToolRequest) -> ToolFailure | None:
        """Refuse an empty property."""
        return (
            None if str(request.args[1]).strip() else ToolFailure("argument", "there is no property to check")
        )

    def answer(self, model: Loaded, requests: Sequence[ToolRequest]) -> list[Answer]:
        """Return whether the claim stands, with the winning side's share as confidence."""
        texts = [claims(str(r.args[0]), str(r.args[1])) for r in requests]
        return [self._verdict(scores) for scores in self.scores.of(model, requests, texts)]

    def _verdict(self, scores: Sequence[float]) -> Answer:
        claim, rival = scores[0], max(scores[1:])
        if not claim + rival > 0:
            return ToolFailure("error", "the model scored no text above zero")
        share = claim / (claim + rival)
        holds = share >= self.threshold
        return ToolResult(holds, share if holds else 1 - share)


@dataclass(frozen=True)
class BestMatch:
    """Answers `best_text_match`."""

    scores: Scores

    def refuse(self, request: ToolRequest) -> ToolFailure | None:
        """Refuse an empty list of options."""
        return None if request.args[0] else ToolFailure("argument", "there are no options to choose from")

    def answer(self, model: Loaded, requests: Sequence[ToolRequest]) -> list[Answer]:
        """Return the option with the highest score, with its share of all options' scores as confidence."""
        options = [[str(o) for o in r.args[0]] for r in requests]  # type: ignore[union-attr]
        texts = [[photo_of(option) for option in own] for own in options]
        scored = self.scores.of(model, requests, texts)
        return [_best(own, scores) for own, scores in zip(options, scored, strict=True)]


def _best(options: Sequence[str], scores: Sequence[float]) -> Answer:
    best = max(range(len(options)), key=scores.__getitem__)
    if not sum(scores) > 0:
        return ToolFailure("error", "the model scored no option above zero")
    return ToolResult(options[best], scores[best] / sum(scores))
