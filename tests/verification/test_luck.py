"""The chance correction, against scipy's binomial distribution."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from vpd.verification.evidence import Tried
from vpd.verification.luck import luck


@given(tried=st.integers(0, 40), right=st.integers(0, 41), chance=st.floats(0.0, 1.0))
def test_luck_is_the_upper_tail_of_the_binomial_distribution(tried: int, right: int, chance: float) -> None:
    assert luck(right, tried, chance) == pytest.approx(binom.sf(right - 1, tried, chance), abs=1e-9)


def test_luck_of_five_guessers_of_yes_or_no_is_what_the_paper_says() -> None:
    assert luck(1, 5, 0.5) == pytest.approx(0.97, abs=0.005)


def test_luck_of_a_program_counts_the_question_s_own_answer_too() -> None:
    assert Tried(3, 3, 0.5, 1.0).luck == pytest.approx(0.5**4)
    assert Tried(0, 4, 0.5, 1.0).luck == pytest.approx(1 - 0.5**5)
