"""Charts for the event log: small whatever the families are, and drawn without a warning."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from vpd.inspect.charts import Lengths, Yield, rationale_chart, yield_chart

LARGEST = 20_000  # bytes; the event log gets them in base 64
NAMES = st.text(max_size=40)
YIELD = Yield(40, 30, {"label@1": 30, "probed@1": 20, "agreement@2": 10})


def size(png: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(png)) as picture:
        picture.load()
        assert picture.format == "PNG"
        return picture.size


def dark(png: bytes) -> int:
    """How many pixels are not white."""
    with Image.open(io.BytesIO(png)) as picture:
        return sum(picture.convert("L").histogram()[:250])


@settings(max_examples=10)
@given(st.dictionaries(NAMES, st.just(YIELD), max_size=4))
def test_yield_chart_of_any_names_is_drawn(families: dict[str, Yield]) -> None:
    assert size(yield_chart(families))[0] > 300


@pytest.mark.parametrize("name", ["$x_$", "$", r"\frac{", "a\nb", "漢字", "<b>", "\x00", "x" * 400])
def test_charts_of_hostile_names_are_drawn_as_wide_as_others(name: str) -> None:
    assert size(yield_chart({name: YIELD})) == size(yield_chart({"count": YIELD}))
    lengths = Lengths(3, 20.0, 10.0, 30.0)
    assert size(rationale_chart({name: lengths}, {name: 2})) == size(
        rationale_chart({"count": lengths}, {"claim": 2})
    )


def test_yield_chart_of_many_families_stays_small() -> None:
    many = {f"a family of questions, number {n}": YIELD for n in range(300)}
    assert len(yield_chart(many)) < LARGEST


def test_yield_chart_draws_longer_bars_for_higher_yields() -> None:
    low, high = (yield_chart({"count": Yield(40, 30, {"label@1": kept})}) for kept in (4, 30))
    assert dark(high) > dark(low) + 1000


def test_yield_chart_of_questions_without_candidates_is_empty_bars() -> None:
    assert dark(yield_chart({"count": Yield(40, 0, {})})) < dark(yield_chart({"count": YIELD}))


def test_rationale_chart_of_nothing_is_drawn() -> None:
    assert size(rationale_chart({}, {}))[0] > 300


def test_rationale_chart_with_drops_has_a_second_panel() -> None:
    lengths = {"count": Lengths(3, 20.0, 10.0, 30.0)}
    assert (
        size(rationale_chart(lengths, {"claim": 2, "length": 1}))[1]
        > size(rationale_chart(lengths, {}))[1] + 50
    )
