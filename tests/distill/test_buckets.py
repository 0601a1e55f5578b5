"""Rows in parts of like length: the same rows, losses and gradients, with less padding."""

from collections.abc import Callable, Sequence
from itertools import combinations, pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vpd.distill.buckets import by_length
from vpd.distill.collate import IGNORE, Collator, TextBatch
from vpd.distill.config import TrainConfig
from vpd.distill.data import Examples, Part
from vpd.distill.loss import DistillationLoss
from vpd.distill.student import build_student

Make = Callable[..., TrainConfig]
LENGTHS = st.lists(st.integers(1, 9), min_size=1, max_size=8)


def rows_of(lengths: Sequence[int]) -> TextBatch:
    """Rows of these lengths, padded on the right; row i is about picture i and its tokens are i + 1."""
    widest = max(lengths)
    mask = torch.tensor([[1] * n + [0] * (widest - n) for n in lengths])
    number = torch.arange(len(lengths))
    tokens = mask * (number + 1)[:, None]
    return TextBatch(number, tokens, mask, tokens.masked_fill(mask == 0, IGNORE))


@given(LENGTHS, st.integers(1, 4))
def test_by_length_keeps_every_row_once_and_makes_as_many_parts_as_asked(
    lengths: list[int], parts: int
) -> None:
    made = by_length(rows_of(lengths), parts)
    assert len(made) == parts
    counted = [part for part in made if (part.labels != IGNORE).any()]
    found = {
        int(picture): (ids[mask == 1].tolist(), labels[mask == 1].tolist())
        for part in counted
        for picture, ids, mask, labels in zip(
            part.picture, part.input_ids, part.attention_mask, part.labels, strict=True
        )
    }
    assert sum(len(part.picture) for part in counted) == len(lengths)
    assert found == {i: ([i + 1] * n, [i + 1] * n) for i, n in enumerate(lengths)}


@given(LENGTHS, st.integers(2, 3))
def test_by_length_leaves_the_least_padding(lengths: list[int], parts: int) -> None:
    made = by_length(rows_of(lengths), parts)
    tokens = sum(part.input_ids.numel() for part in made if (part.labels != IGNORE).any())
    ascending, few = sorted(lengths), min(parts, len(lengths))
    cuts = [(0, *inner, len(lengths)) for inner in combinations(range(1, len(lengths)), few - 1)]
    least = min(sum((end - start) * ascending[end - 1] for start, end in pairwise(c)) for c in cuts)
    assert tokens == least


@pytest.mark.parametrize("questions", [12, 1])
def test_objective_in_parts_has_the_losses_and_gradients_of_the_whole(config: Make, questions: int) -> None:
    examples = Examples.of(config())
    vlm = build_student(config().student, examples.texts(), 0)
    chosen = next(examples.batches(12, Part(), questions=24))[:questions]
    batch = Collator(vlm.processor)(chosen)
    losses, gradients = measured(DistillationLoss(vlm.model), batch)
    in_parts, their_gradients = measured(DistillationLoss(vlm.model, parts=3), batch)
    assert in_parts == pytest.approx(losses, abs=1e-5)
    assert gradients.keys() == their_gradients.keys()
    for name, gradient in gradients.items():
        torch.testing.assert_close(their_gradients[name], gradient, atol=1e-5, rtol=1e-3)


def measured(objective: DistillationLoss, batch: object) -> tuple[dict[str, float], dict[str, torch.Tensor]]:
    objective.zero_grad()
    losses = objective(batch)
    sum(losses.values()).backward()
    gradients = {name: p.grad.clone() for name, p in objective.named_parameters() if p.grad is not None}
    return {name: loss.item() for name, loss in losses.items()}, gradients
