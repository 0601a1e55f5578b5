"""The VPD objective: answer loss plus rationale loss, each example normalised by its own target length.

    loss = 1/Q * sum over questions of [ mean token loss of the answer + mean token loss of the rationale ]

with Q questions in the batch and no rationale term where a question has none (VPD section 3.2, after
Distilling Step-by-Step, arXiv 2305.02301: an unweighted sum). The mean over ranks of equal Q is the loss of
the whole batch.
"""

import torch
from torch import nn
from torch.nn import functional

from vpd.distill.collate import IGNORE, Batch
from vpd.distill.pictures import look


def example_losses(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return each row's mean cross entropy over its target tokens, in nats (N); 0 for a row without any."""
    loss = functional.cross_entropy(
        logits.float().flatten(0, 1), labels.flatten(), ignore_index=IGNORE, reduction="none"
    ).view_as(labels)
    return loss.sum(1) / (labels != IGNORE).sum(1).clamp(min=1)


def exact(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return which rows (N) greedy decoding would write exactly: each target token is the likeliest."""
    return ((logits.argmax(-1) == labels) | (labels == IGNORE)).all(1)


class DistillationLoss(nn.Module):
    """The objective as a module, so that DeepSpeed wraps one forward pass."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, batch: Batch) -> dict[str, torch.Tensor]:
        """Return {mode: sum of its examples' losses / questions}; the sum over modes is the loss to minimise.

        In evaluation there is also `accuracy`: the share of questions whose answer greedy decoding gets
        exactly.
        """
        pictures = look(self.model, batch.prefix)
        results = {}
        for mode, rows in batch.texts.items():
            logits = pictures.logits(rows)
            results[mode] = example_losses(logits, rows.labels).sum() / batch.questions
            if mode == "answer" and not self.training:
                results["accuracy"] = exact(logits, rows.labels).float().mean()
        return results
