"""When a run counts as diverged."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpd.distill.guard import Divergence, Guard, require_finite
from vpd.errors import TrainingError

RULE = Divergence(factor=3, patience=4)
losses = st.lists(st.floats(0.01, 100), max_size=40)


def stops_at(values: list[float], known: int = 0, rule: Divergence = RULE) -> int | None:
    """Return the number of losses after which a guard that already knows some stops the run."""
    guard = Guard(rule, values[:known])
    for step, loss in enumerate(values[known:], known + 1):
        try:
            guard.watch(step, loss)
        except TrainingError:
            return step
    return None


@pytest.mark.parametrize(
    ("values", "stops"),
    [
        ([2.0] * 5 + [7.0] * 4, 9),
        ([2.0] * 5 + [7.0] * 3 + [2.0] + [7.0] * 3, None),  # it came back
        ([2.0] * 5 + [5.9] * 20, None),  # not far enough
        ([8.0, 6.0, 4.0] + [2.0] * 40 + [8.0] * 4, 47),  # as at the start, but far above its best
        ([0.01] * 5 + [0.25] * 20, None),  # noise near zero
    ],
)
def test_guard_stops_a_run_that_stays_far_above_its_best(values: list[float], stops: int | None) -> None:
    assert stops_at(values) == stops


@given(losses)
def test_guard_of_losses_that_only_fall_never_stops(values: list[float]) -> None:
    assert stops_at(sorted(values, reverse=True)) is None


@given(losses, st.integers(0, 40))
def test_guard_of_a_resumed_run_stops_where_that_of_an_uninterrupted_one_does(
    values: list[float], known: int
) -> None:
    whole = stops_at(values)
    if whole is None or known < whole:
        assert stops_at(values, known) == whole


@pytest.mark.parametrize(
    ("loss", "gradient", "word"),
    [
        (math.nan, 1.0, "loss"),
        (math.inf, 1.0, "loss"),
        (1.0, math.nan, "gradient"),
        (1.0, math.inf, "gradient"),
    ],
)
def test_require_finite_names_what_is_not_and_the_step(loss: float, gradient: float, word: str) -> None:
    with pytest.raises(TrainingError, match=rf"{word} is .*step 7.*do this"):
        require_finite(7, {"answer": loss}, gradient, "do this")


def test_require_finite_of_finite_numbers_is_silent() -> None:
    require_finite(7, {"answer": 1.0}, 2.0, "do this")
