"""Batches made ahead by a thread: the loop's order, its errors, its end."""

import threading
from collections.abc import Iterator
from itertools import count

import pytest

from vpd.distill.prefetch import prefetched
from vpd.errors import DataError

LONG = 10  # seconds that only a broken test waits


def test_prefetched_gives_every_item_in_order_and_ends() -> None:
    with prefetched(iter(range(20))) as items:
        assert list(items) == list(range(20))


def test_prefetched_nothing_ends_at_once() -> None:
    with prefetched(iter([])) as items:
        assert list(items) == []


def test_prefetched_makes_the_next_items_while_one_is_used_and_no_more() -> None:
    made = [threading.Event() for _ in range(5)]

    def numbers() -> Iterator[int]:
        for number, event in enumerate(made):
            event.set()
            yield number

    with prefetched(numbers(), 2) as items:
        assert next(items) == 0
        assert made[1].wait(LONG)
        assert made[2].wait(LONG)
        assert not made[3].is_set()


def test_prefetched_error_comes_in_the_place_of_its_item() -> None:
    def broken() -> Iterator[int]:
        yield 1
        yield 2
        raise DataError("the third is damaged")

    with prefetched(broken()) as items:
        assert [next(items), next(items)] == [1, 2]
        with pytest.raises(DataError, match="third"):
            next(items)


def test_prefetched_thread_is_gone_when_the_loop_fails() -> None:
    def failing() -> None:
        with prefetched(count()) as items:
            next(items)
            raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        failing()
    assert threading.active_count() == before


def test_prefetched_items_are_made_by_one_thread_that_is_not_the_loop() -> None:
    makers = (threading.current_thread() for _ in range(5))
    with prefetched(makers) as items:
        seen = set(items)
    assert len(seen) == 1
    assert threading.current_thread() not in seen
