"""A method answered by a model from the pool: bad requests are refused before any weights are loaded."""

from collections.abc import Sequence
from typing import Protocol

import torch

from vpd.tools.protocol import ToolCard, ToolFailure, ToolRequest
from vpd.tools.transformers.halving import Answer, Halving
from vpd.tools.transformers.pool import ModelPool
from vpd.tools.transformers.weights import Loaded, Weights


class Answering(Protocol):
    """How a kind of model answers a method. Answers depend on the requests and the weights alone."""

    def refuse(self, request: ToolRequest) -> ToolFailure | None:
        """Return why a request cannot be answered, if so; needs no weights."""
        ...

    def answer(self, model: Loaded, requests: Sequence[ToolRequest]) -> list[Answer]:
        """Answer a batch, one result per request in order."""
        ...


class ModelTool:
    """One method over one model. Raises ModelFileError or ToolError if the model cannot be loaded."""

    def __init__(
        self, card: ToolCard, weights: Weights, pool: ModelPool[Loaded], how: Answering, batch: int
    ) -> None:
        self.card = card
        self._weights, self._pool, self._how = weights, pool, how
        self._halving = Halving(batch)

    def run(self, batch: Sequence[ToolRequest]) -> list[Answer]:
        """Answer every request, in as many passes as memory asks for."""
        answers: list[Answer | None] = [_nowhere(r) or self._how.refuse(r) for r in batch]
        asked = [request for request, answer in zip(batch, answers, strict=True) if answer is None]
        given = iter(self._ask(asked) if asked else ())
        return [next(given) if answer is None else answer for answer in answers]

    def _ask(self, requests: Sequence[ToolRequest]) -> list[Answer]:
        with self._pool.lend(self._weights) as model, torch.inference_mode():
            return self._halving.run(requests, lambda part: self._how.answer(model, part))


def _nowhere(request: ToolRequest) -> ToolFailure | None:
    if request.region.clamp(request.picture.width, request.picture.height).area > 0:
        return None
    return ToolFailure("argument", "the region has no pixel of the picture")
