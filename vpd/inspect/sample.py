"""Which rows are shown when there are too many: by a stable hash, in turn from the groups they belong to."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

Row = TypeVar("Row")


def spread(
    rows: Iterable[Row], key: Callable[[Row], str], *groups: Callable[[Row], Hashable]
) -> Iterator[Row]:
    """Yield all rows in an order that depends on their keys alone: in turn from groups, and within them too.

    Groups come in the order of their names as text.
    """
    if not groups:
        yield from sorted(rows, key=lambda row: hashlib.sha256(f"gallery {key(row)}".encode()).digest())
        return
    grouped: dict[Hashable, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[groups[0](row)].append(row)
    waiting = [spread(grouped[name], key, *groups[1:]) for name in sorted(grouped, key=str)]
    while waiting:
        turn = [list(islice(group, 1)) for group in waiting]
        yield from (row for taken in turn for row in taken)
        waiting = [group for group, taken in zip(waiting, turn, strict=True) if taken]
