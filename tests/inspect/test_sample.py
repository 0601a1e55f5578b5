from collections.abc import Sequence
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from vpd.inspect.sample import spread

ROWS = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.integers()), unique=True)
Rows = list[tuple[str, str, int]]


def ordered(rows: Sequence[tuple[str, str, int]]) -> Rows:
    return list(spread(rows, str, lambda row: row[0], lambda row: row[1]))


@given(ROWS, st.randoms())
def test_spread_yields_every_row_once_whatever_the_order(rows: Rows, random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert ordered(shuffled) == ordered(rows)
    assert sorted(ordered(rows)) == sorted(rows)


def test_spread_takes_turns_between_groups_and_within_them() -> None:
    rows = [("a", "x", n) for n in range(50)] + [("a", "y", 0), ("b", "x", 0), ("b", "y", 0)]
    first = list(islice(ordered(rows), 4))
    assert [row[0] for row in first] == ["a", "b", "a", "b"]
    assert {row[:2] for row in first} == {("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")}
