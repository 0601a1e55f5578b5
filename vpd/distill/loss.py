"""The VPD objective: answer loss plus rationale loss, each example normalised by its own target length.

    loss = 1/Q * sum over questions of [ mean token loss of answer + w * mean token loss of rationale ]

with Q questions in the batch and no term for what a question or the arm does not have (VPD section 3.2, with
w = 1; Distilling Step-by-Step, arXiv 2305.02301, has the weight). The mean over ranks of equal Q is the loss
of the whole batch.
"""

from typing import ClassVar

import torch
from torch import nn
from torch.nn import functional

from vpd.distill.buckets import by_length
from vpd.distill.collate import IGNORE, Batch
from vpd.distill.pictures import look


def example_losses(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return each row's mean cross entropy over its target tokens, in nats (N); 0 for a row without any."""
    loss = functional.cross_entropy(
        logits.float().flatten(0, 1), labels.flatten(), ignore_index=IGNORE, reduction="none"
    ).view_as(labels)
    return loss.sum(1) / (labels != IGNORE).sum(1).clamp(min=1)


def exact(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return which rows (N) greedy decoding would write exactly: each target token is the likeliest.

    A row without a target is not.
    """
    counted = labels != IGNORE
    return ((logits.argmax(-1) == labels) | ~counted).all(1) & counted.any(1)


class DistillationLoss(nn.Module):
    """The objective as a module, so that DeepSpeed wraps one forward pass."""

    LOSSES: ClassVar = ("answer", "rationale")
    MEASURES: ClassVar = ("accuracy",)

    def __init__(self, model: nn.Module, rationale_weight: float = 1.0, parts: int = 1) -> None:
        """Weigh rationales against answers, and pass the rows of a mode in so many parts of like length."""
        super().__init__()
        self.model, self.rationale_weight, self.parts = model, rationale_weight, parts

    def forward(self, batch: Batch) -> dict[str, torch.Tensor]:
        """Return {mode: sum of its examples' losses / questions}; the sum over modes is the loss to minimise.

        In evaluation rationales are not weighted, so that runs of different weights can be compared, and
        there is also `accuracy`: the share of questions whose answer greedy decoding gets exactly.
        """
        pictures = look(self.model, batch.prefix)
        results = {}
        for mode, rows in batch.texts.items():
            parts = by_length(rows, self.parts)
            logits = [pictures.logits(part) for part in parts]
            losses = [example_losses(x, part.labels).sum() for x, part in zip(logits, parts, strict=True)]
            weight = self.rationale_weight if self.training and mode == "rationale" else 1.0
            results[mode] = weight * torch.stack(losses).sum() / batch.questions
            if mode == "answer" and not self.training:
                right = [exact(x, part.labels) for x, part in zip(logits, parts, strict=True)]
                results["accuracy"] = torch.cat(right).sum() / len(rows.picture)
        return results
