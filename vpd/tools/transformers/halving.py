"""Batches that fit into memory: one that does not is halved, and the size that fitted is kept.

Only a request that does not fit alone is a failure, and it says how large its picture is.
"""

from collections.abc import Callable, Sequence

import torch

from vpd.tools.protocol import ToolFailure, ToolRequest, ToolResult
from vpd.tools.transformers.pool import free_memory

Answer = ToolResult | ToolFailure


class Halving:
    """Runs requests in batches of at most `size`, which only shrinks."""

    def __init__(self, size: int) -> None:
        self.size = size

    def run(
        self, requests: Sequence[ToolRequest], work: Callable[[Sequence[ToolRequest]], Sequence[Answer]]
    ) -> list[Answer]:
        """Return an answer to each request, in order."""
        answers: list[Answer] = []
        while len(answers) < len(requests):
            part = requests[len(answers) : len(answers) + self.size]
            done = _attempt(part, work)
            if done is not None:
                answers += done
            elif len(part) > 1:
                self.size = len(part) // 2
            else:
                answers.append(_too_large(part[0]))
        return answers


def _attempt(
    part: Sequence[ToolRequest], work: Callable[[Sequence[ToolRequest]], Sequence[Answer]]
) -> Sequence[Answer] | None:
    """Return the answers, or None if memory ran out."""
    try:
        return work(part)
    except RuntimeError as error:
        if not isinstance(error, torch.OutOfMemoryError) and "out of memory" not in str(error).lower():
            raise
    free_memory()  # here the failed batch's tensors are no longer referred to by the exception
    return None


def _too_large(request: ToolRequest) -> ToolFailure:
    picture = request.picture
    return ToolFailure(
        "error",
        f"the device ran out of memory on one picture of {picture.width}x{picture.height} pixels: use a "
        "smaller model, bfloat16, or smaller pictures",
    )
