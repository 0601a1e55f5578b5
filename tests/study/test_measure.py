"""Figures over seeds: pooled pairs, and boxes of rationales held against those of programs."""

import pytest

from tests.fitness.examples import filled
from vpd.evaluation.boxes import box_recall
from vpd.records import Prediction
from vpd.study.measure import _differences, _Truth


def said(right: str) -> list[Prediction]:
    """Predictions on questions 0, 1, ...: r for right; the last one has a held-out text."""
    return [
        filled(Prediction, question_id=str(n), family="count" if n % 2 else "exist", correct=r == "r",
               held_out_text=n == len(right) - 1)
        for n, r in enumerate(right)
    ]  # fmt: skip


def test_differences_pool_every_seed_of_a_picture_and_pair_modes() -> None:
    truth = _Truth({str(n): f"picture {n // 2}" for n in range(6)}, {}, {})
    answers = {
        ("student", "answer"): {0: said("rrrrrr"), 1: said("rrwwrr"), 2: said("rrrrrr")},
        ("student", "rationale"): {0: said("wwwwww"), 1: said("wwwwww")},
        ("instruct", "answer"): {0: said("rrwwww"), 1: said("wwwwww")},
    }
    answer, rationale = _differences("student", "instruct", answers, truth)
    assert answer.seeds == (0, 1)  # the pair has no third one
    assert answer.by_seed == pytest.approx({0: 4 / 6, 1: 4 / 6})
    assert (answer.groups["all"].n, answer.groups["all"].mean) == (12, pytest.approx(8 / 12))
    assert answer.groups["all"].low == pytest.approx(0.5)  # pictures gain 2, 2 and 4 of 4
    assert answer.groups["all"].high == pytest.approx(1.0)
    assert (answer.groups["held-out texts"].n, answer.groups["count"].n) == (2, 6)
    assert rationale.second == ("instruct", "answer")
    assert rationale.groups["all"].mean == pytest.approx(-2 / 12)


def test_box_recall_counts_reference_boxes_that_are_stated() -> None:
    text = "I find it at [0 0 100 100] and [500 500 600 600]."
    reference = "It is at [0 0 100 90]. It, [0 0 100 90], is left of [800 800 900 900]."
    assert box_recall([(text, reference), ("Nothing.", "Nothing."), ("[1 2 3 4]", "No box.")]) == (1, 2)
