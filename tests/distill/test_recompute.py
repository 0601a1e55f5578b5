"""Activation checkpointing: what is kept of a forward pass."""

from collections.abc import Callable

import torch

from tests.distill.conftest import SHARDS, TINY
from vpd.distill.collate import Batch, Collator
from vpd.distill.config import TrainConfig
from vpd.distill.data import Examples, Part
from vpd.distill.engine import recompute_layers
from vpd.distill.loss import DistillationLoss
from vpd.distill.student import build_student


def kept(objective: DistillationLoss, batch: Batch) -> int:
    """Return the bytes that a forward pass keeps for the backward pass."""
    sizes: list[int] = []

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        sizes.append(tensor.numel() * tensor.element_size())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        sum(objective(batch).values())
    return sum(sizes)


def test_recompute_layers_keeps_less_of_each_further_layer(config: Callable[..., TrainConfig]) -> None:
    examples = Examples.of(config(shards=SHARDS))
    questions = next(examples.batches(4, Part(), questions=24))
    growth = []
    for recompute in (False, True):
        sizes = []
        for layers in (1, 3):
            student = TINY.model_copy(update={"text_layers": layers})
            vlm = build_student(student, examples.texts(), seed=0)
            if recompute:
                recompute_layers(vlm.model)
            sizes.append(kept(DistillationLoss(vlm.model), Collator(vlm.processor)(questions)))
        growth.append(sizes[1] - sizes[0])
    assert growth[1] < 0.2 * growth[0]
