"""The objective: what it counts, how it weighs, and that a shared image pass changes nothing."""

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from vpd.distill.base import Vlm
from vpd.distill.collate import IGNORE, Batch, Collator
from vpd.distill.config import TrainConfig
from vpd.distill.data import Examples, Part, TrainingQuestion
from vpd.distill.loss import DistillationLoss, example_losses
from vpd.distill.student import build_student

Make = Callable[..., TrainConfig]


@pytest.fixture
def questions(config: Make) -> list[TrainingQuestion]:
    """Six questions about two pictures, two of them without a rationale."""
    return next(Examples.of(config()).batches(6, Part(), questions=24))


@pytest.fixture
def vlm(config: Make) -> Vlm:
    return build_student(config().student, Examples.of(config()).texts(), 0)


@pytest.fixture
def batch(vlm: Vlm, questions: list[TrainingQuestion]) -> Batch:
    return Collator(vlm.processor)(questions)


def test_collator_labels_are_the_target_and_its_end(
    vlm: Vlm, batch: Batch, questions: list[TrainingQuestion]
) -> None:
    tokenizer = vlm.processor.tokenizer
    for row, question in zip(batch.texts["answer"].labels, questions, strict=True):
        assert tokenizer.decode(row[row != IGNORE]) == question.answer.target + tokenizer.eos_token


def test_collator_labels_are_the_next_inputs(batch: Batch) -> None:
    for rows in batch.texts.values():
        following, labels = rows.input_ids[:, 1:], rows.labels[:, :-1]
        counted = (labels != IGNORE) & (rows.attention_mask[:, 1:] == 1)
        assert torch.equal(following[counted], labels[counted])


def test_collator_pictures_asked_about_repeatedly_are_there_once(batch: Batch) -> None:
    assert batch.prefix["pixel_values"].shape[0] == 2
    assert batch.texts["answer"].picture.tolist() == [0, 0, 0, 1, 1, 1]
    assert batch.texts["rationale"].picture.tolist() == [0, 0, 1, 1]


def test_objective_of_a_student_without_a_rationale_makes_the_same_passes_and_counts_none(
    vlm: Vlm, questions: list[TrainingQuestion]
) -> None:
    bare = [replace(question, rationale=None) for question in questions]
    losses = DistillationLoss(vlm.model)(Collator(vlm.processor, "student")(bare))
    twin = DistillationLoss(vlm.model)(Collator(vlm.processor, "instruct")(bare))
    assert losses["rationale"].item() == 0
    assert losses["answer"].item() == twin["answer"].item()
    assert "rationale" not in twin


def test_example_losses_do_not_depend_on_the_target_length() -> None:
    labels = torch.tensor([[IGNORE, 3, IGNORE, IGNORE], [1, 2, 3, 4]])
    losses = example_losses(torch.zeros(2, 4, 8), labels)
    assert losses.tolist() == pytest.approx([math.log(8)] * 2)


def test_objective_is_the_mean_over_questions_of_both_terms(
    vlm: Vlm, questions: list[TrainingQuestion]
) -> None:
    objective, collate = DistillationLoss(vlm.model), Collator(vlm.processor)
    whole = objective(collate(questions))
    single = [objective(collate([question])) for question in questions]
    for mode in ("answer", "rationale"):
        each = [losses.get(mode, torch.tensor(0.0)).item() for losses in single]
        assert whole[mode].item() == pytest.approx(sum(each) / len(questions), abs=1e-5)


def test_objective_with_a_shared_image_pass_has_the_gradients_of_whole_sequences(
    vlm: Vlm, batch: Batch
) -> None:
    objective = DistillationLoss(vlm.model)
    sum(objective(batch).values()).backward()
    shared = {name: p.grad.clone() for name, p in vlm.model.named_parameters() if p.grad is not None}
    vlm.model.zero_grad()
    whole_sequences(vlm, batch).backward()
    for name, parameter in vlm.model.named_parameters():
        if parameter.grad is not None:
            torch.testing.assert_close(shared[name], parameter.grad, atol=1e-5, rtol=1e-3)


def whole_sequences(vlm: Vlm, batch: Batch) -> torch.Tensor:
    total = torch.zeros(())
    for rows in batch.texts.values():
        prefix = {name: tensor[rows.picture] for name, tensor in batch.prefix.items()}
        output = vlm.model(
            input_ids=torch.cat([prefix["input_ids"], rows.input_ids], dim=1),
            attention_mask=torch.cat([prefix["attention_mask"], rows.attention_mask], dim=1),
            pixel_values=prefix["pixel_values"],
        )
        logits = output.logits[:, prefix["input_ids"].shape[1] :]
        total = total + example_losses(logits, rows.labels).sum() / batch.questions
    return total


def test_objective_on_a_fixed_batch_falls(vlm: Vlm, batch: Batch) -> None:
    objective = DistillationLoss(vlm.model)
    optimizer = torch.optim.AdamW(objective.parameters(), lr=3e-3)
    totals = []
    for _ in range(60):
        loss = sum(objective(batch).values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        totals.append(loss.item())
    assert totals[-1] < 0.3 * totals[0]
