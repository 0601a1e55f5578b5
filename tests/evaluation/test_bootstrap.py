import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpd.evaluation.bootstrap import bootstrap


def test_bootstrap_of_independent_questions_agrees_with_the_binomial_interval() -> None:
    scores = [1.0] * 300 + [0.0] * 100
    interval = bootstrap(scores, [str(i) for i in range(400)], seed=1)
    half = 1.96 * np.sqrt(0.75 * 0.25 / 400)
    assert interval.mean == 0.75
    assert interval.low == pytest.approx(0.75 - half, abs=0.004)
    assert interval.high == pytest.approx(0.75 + half, abs=0.004)


def test_bootstrap_of_questions_that_agree_within_a_picture_is_as_wide_as_of_pictures() -> None:
    scores = [float(i % 4 == 0) for i in range(100)]
    alone = bootstrap(scores, [str(i) for i in range(100)], seed=1)
    tenfold = bootstrap(scores * 10, [str(i) for i in range(100)] * 10, seed=1)
    assert (tenfold.low, tenfold.high) == pytest.approx((alone.low, alone.high), abs=0.01)


def test_bootstrap_of_a_constant_difference_has_no_width() -> None:
    interval = bootstrap([1.0, 1.0, 1.0], ["a", "a", "b"], seed=0, resamples=200)
    assert (interval.mean, interval.low, interval.high) == (1.0, 1.0, 1.0)


def test_bootstrap_weighs_questions_not_pictures() -> None:
    assert bootstrap([1.0, 1.0, 1.0, 0.0], ["a", "a", "a", "b"], seed=0, resamples=200).mean == 0.75


def test_bootstrap_without_questions_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        bootstrap([], [], seed=0)


@given(
    st.lists(st.tuples(st.sampled_from([-1.0, 0.0, 1.0]), st.sampled_from("abcde")), min_size=1, max_size=40)
)
def test_bootstrap_interval_is_repeatable_and_within_the_range(rows: list[tuple[float, str]]) -> None:
    scores, pictures = [s for s, _ in rows], [p for _, p in rows]
    first = bootstrap(scores, pictures, seed=3, resamples=200)
    assert first == bootstrap(scores, pictures, seed=3, resamples=200)
    assert min(scores) <= first.low <= first.high <= max(scores)
