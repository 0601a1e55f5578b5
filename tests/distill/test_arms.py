"""The arms and the weight of rationales: what is in a batch, what is counted, and old fingerprints."""

from collections.abc import Callable

import pytest
import torch
from pydantic import ValidationError

from vpd.distill.collate import Collator
from vpd.distill.config import TrainConfig, fingerprint
from vpd.distill.data import Examples, Part
from vpd.distill.loss import DistillationLoss
from vpd.distill.student import build_student
from vpd.distill.train import train

Make = Callable[..., TrainConfig]


def test_examples_of_the_rationale_arm_are_the_questions_with_a_rationale(config: Make) -> None:
    examples = Examples.of(config(arm="rationale"))
    assert examples.survey().questions == 16  # of 24: the first of three about a picture has none
    epoch = next(examples.batches(16, Part(), questions=16))
    assert len({q.question_id for q in epoch}) == 16
    assert all(q.answer is None and q.rationale is not None for q in epoch)
    assert all(row.answer is None and row.rationale for row in examples.validation(99))


def test_train_the_rationale_arm_learns_rationales_alone(config: Make) -> None:
    report = train(config(arm="rationale", steps=3))
    assert "rationale" in report["final"]
    assert "val_rationale" in report["final"]
    assert not {"answer", "val_answer", "val_accuracy"} & set(report["final"])


def test_train_tells_seconds_at_validations_in_order(config: Make) -> None:
    history = train(config())["history"]
    seconds = [record["seconds"] for record in history if "val_accuracy" in record]
    assert len(seconds) == 2
    assert 0 < seconds[0] < seconds[1]


def test_objective_weighs_rationales_in_training_and_not_in_evaluation(config: Make) -> None:
    vlm = build_student(config().student, Examples.of(config()).texts(), 0)
    batch = Collator(vlm.processor)(next(Examples.of(config()).batches(6, Part(), questions=24)))
    plain, half = DistillationLoss(vlm.model), DistillationLoss(vlm.model, rationale_weight=0.5)
    full, weighted = plain.train()(batch), half.train()(batch)
    torch.testing.assert_close(weighted["rationale"], 0.5 * full["rationale"])
    torch.testing.assert_close(weighted["answer"], full["answer"])
    with torch.no_grad():
        torch.testing.assert_close(half.eval()(batch)["rationale"], full["rationale"])


def test_fingerprint_of_weight_one_is_that_of_runs_before_there_was_a_weight(config: Make) -> None:
    before = {name for name in config().method() if name != "rationale_weight"}
    assert set(config(rationale_weight=1.0).method()) == before
    assert fingerprint(config(rationale_weight=0.5), {}) != fingerprint(config(), {})


@pytest.mark.parametrize(
    "wrong", [{"rationale_weight": 0.0}, {"rationale_weight": -1.0}, {"arm": "rationale", "export": "best"}]
)
def test_config_refuses_no_weight_and_a_best_step_without_answers(
    config: Make, wrong: dict[str, object]
) -> None:
    with pytest.raises(ValidationError):
        config(**wrong)
