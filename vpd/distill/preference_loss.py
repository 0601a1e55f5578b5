"""The loss of direct preference optimisation (Rafailov et al. 2023, arXiv 2305.18290, equation 7).

    reward = beta * (log p(text | picture, prompt) - log p_start(text | picture, prompt))
    loss   = 1/N * sum over pairs of -log sigmoid(reward of chosen - reward of rejected)

with log-probabilities summed over the tokens of a text and its end, and p_start the student as it was when
the stage began, measured once before the first step.

TRL 1.13 has the same loss, and a test compares them. Its DPOTrainer is not used, though it trains LLaVA and
Qwen-VL on pictures: it writes sequences by the chat template alone, which puts a newline behind the token
that ends a reply, gives the embedded student no end at all, and which PaliGemma lacks. And it passes a
picture once for each text, and has a loop, checkpoints and reports of its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import distributed, nn
from torch.nn import functional

from vpd.distill.adapters.protocol import Prefix
from vpd.distill.collate import IGNORE, Collator, TextBatch
from vpd.distill.data import Part
from vpd.distill.loss import example_losses
from vpd.distill.notation import NotationName
from vpd.distill.pictures import look
from vpd.distill.preference_pairs import Pair, Pairs


@dataclass(frozen=True)
class PairBatch:
    """Image prefixes, N rows of chosen and of rejected texts over them, and the pairs' references (N, 2)."""

    prefix: Prefix
    chosen: TextBatch
    rejected: TextBatch
    reference: torch.Tensor | None

    @property
    def questions(self) -> int:
        """The number of pairs."""
        return len(self.chosen.picture)

    def to(self, device: torch.device) -> "PairBatch":
        """Return the batch on a device."""
        prefix = {name: tensor.to(device) for name, tensor in self.prefix.items()}
        reference = None if self.reference is None else self.reference.to(device)
        return PairBatch(prefix, self.chosen.to(device), self.rejected.to(device), reference)


class PairCollator:
    """Builds batches of pairs with a model's processor, as `Collator` builds those of questions."""

    def __init__(self, processor: Any, notation: NotationName = "boxes", room: int = 0) -> None:
        """Take a processor and the bytes there are for prepared pictures, as `Collator` does."""
        self.collate = Collator(processor, notation=notation, room=room)

    def __call__(self, pairs: Sequence[Pair]) -> PairBatch:
        """Return the batch of these pairs; raises DataError for a picture that cannot be opened."""
        files = {pair.row.image_id: pair.image for pair in pairs}
        picture = {image_id: i for i, image_id in enumerate(files)}
        measured = [pair.reference for pair in pairs if pair.reference is not None]
        return PairBatch(
            self.collate.pictures.prefix(files),
            self.collate.rows([(picture[pair.row.image_id], pair.row.chosen) for pair in pairs]),
            self.collate.rows([(picture[pair.row.image_id], pair.row.rejected) for pair in pairs]),
            torch.stack(measured) if measured else None,
        )


def log_probabilities(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the log-probability of each row's target, in nats (N)."""
    return -example_losses(logits, labels) * (labels != IGNORE).sum(1)


def preference(policy: torch.Tensor, reference: torch.Tensor, beta: float) -> dict[str, torch.Tensor]:
    """Return the loss and what it did, from log-probabilities (N, 2) of chosen and rejected.

    `preference` is minimised. Without gradient: `reward_accuracy`, the share of pairs whose chosen text has
    the higher reward; `margin`, by how much; `chosen` and `rejected`, the policy's log-probabilities.
    """
    rewards = beta * (policy - reference)
    margin = rewards[:, 0] - rewards[:, 1]
    told = {
        "reward_accuracy": (margin > 0).float().mean(),
        "margin": margin.mean(),
        "chosen": policy[:, 0].mean(),
        "rejected": policy[:, 1].mean(),
    }
    return {"preference": -functional.logsigmoid(margin).mean()} | {k: v.detach() for k, v in told.items()}


class PreferenceLoss(nn.Module):
    """The objective as a module, so that DeepSpeed wraps one forward pass."""

    LOSSES: ClassVar = ("preference",)
    MEASURES: ClassVar = ("reward_accuracy", "margin", "chosen", "rejected")

    def __init__(self, model: nn.Module, beta: float) -> None:
        super().__init__()
        self.model, self.beta = model, beta

    def forward(self, batch: PairBatch) -> dict[str, torch.Tensor]:
        """Return what `preference` does, or `log_probabilities` (N, 2) of pairs without a reference."""
        pictures = look(self.model, batch.prefix)
        sides = [
            log_probabilities(pictures.logits(side), side.labels) for side in (batch.chosen, batch.rejected)
        ]
        policy = torch.stack(sides, dim=1)
        if batch.reference is None:
            return {"log_probabilities": policy}
        return preference(policy, batch.reference, self.beta)


def measure_reference(
    engine: Any, pairs: Pairs, collate: Callable[[Sequence[Pair]], PairBatch], part: Part, size: int
) -> torch.Tensor:
    """Return the log-probabilities (pairs, 2) of all pairs under the model of a DeepSpeed engine.

    Ranks share the pairs, and make equally many passes of `size` pairs, as ZeRO-3 needs.
    """
    table = torch.zeros(len(pairs.rows), 2, device=engine.device)
    engine.eval()
    for first in range(0, len(pairs.rows), size * part.world):
        rows = pairs.rows[first + part.rank * size :][:size]
        batch = collate(pairs.with_images(rows or pairs.rows[:1])).to(engine.device)
        with torch.no_grad():
            found = engine(batch)["log_probabilities"].float()
        table[[row.number for row in rows]] = found[: len(rows)]
    engine.train()
    distributed.all_reduce(table)
    return table.cpu()
