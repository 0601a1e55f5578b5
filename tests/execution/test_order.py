"""Jobs come in an order in which programs that wait ask different things."""

import itertools
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from vpd.execution.order import staggered

GROUPS = st.lists(st.integers(0, 6), max_size=40)


@given(GROUPS, st.integers(1, 10))
def test_order_any_groups_every_item_comes_once_and_in_the_order_of_its_group(
    sizes: list[int], block: int
) -> None:
    groups = [[(group, rank) for rank in range(size)] for group, size in enumerate(sizes)]
    items = list(staggered(groups, block))
    assert Counter(items) == Counter(item for group in groups for item in group)
    for group in groups:
        assert [item for item in items if item in group] == group


@given(st.integers(1, 30), st.integers(1, 6), st.integers(1, 10))
def test_order_items_of_one_group_are_a_block_apart(groups: int, ranks: int, block: int) -> None:
    items = list(staggered([[(g, r) for r in range(ranks)] for g in range(groups)], block))
    for group in range(groups):
        places = [items.index((group, rank)) for rank in range(ranks)]
        gaps = [after - before for before, after in itertools.pairwise(places)]
        assert all(gap >= min(block, groups - group // block * block) for gap in gaps)


def test_order_no_more_blocks_are_under_way_than_a_group_has_items() -> None:
    items = list(staggered([[(g, r) for r in range(3)] for g in range(100)], 4))
    under_way = [
        {g // 4 for g, _ in items[: place + 1]} & {g // 4 for g, _ in items[place:]}
        for place in range(len(items))
    ]
    assert max(map(len, under_way)) == 3
