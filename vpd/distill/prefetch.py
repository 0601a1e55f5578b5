"""Batches made ahead by a thread, so that a step finds the next one ready."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")

AHEAD = 2  # one would be waited for whenever making it took longer than one step, say at a new shard
_END = object()


@contextmanager
def prefetched(items: Iterator[Item], count: int = AHEAD) -> Iterator[Iterator[Item]]:
    """Give the items in their order while one thread makes the next `count`.

    What the iterator raises is raised where its item would have come. The thread is gone after the `with`
    block; items that were made and not taken are dropped.
    """
    thread = ThreadPoolExecutor(1, "prefetch")
    try:
        yield _taken(items, thread, count)
    finally:
        thread.shutdown(cancel_futures=True)


def _taken(items: Iterator[Item], thread: ThreadPoolExecutor, count: int) -> Iterator[Item]:
    made = deque(thread.submit(next, items, _END) for _ in range(count))
    while (item := made.popleft().result()) is not _END:
        made.append(thread.submit(next, items, _END))
        yield item  # type: ignore[misc]
