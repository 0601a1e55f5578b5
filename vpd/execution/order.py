"""The order of jobs: candidates for one question far apart, so that programs that wait ask different things.

Candidates for one question ask much the same. Run side by side they all wait for one answer, and batches stay
small; run one after another, the later ones find the answers in the cache.
"""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def staggered(groups: Sequence[Sequence[T]], block: int) -> Iterator[T]:
    """Yield every item once: first items of a block of groups beside second items of the block before.

    Block n gives its items of rank r in step n + r, so at most as many blocks are under way as a group has
    items.
    """
    blocks = [groups[start : start + block] for start in range(0, len(groups), block)]
    ranks = max(map(len, groups), default=0)
    for step in range(len(blocks) + ranks):
        for rank in range(ranks):
            if 0 <= step - rank < len(blocks):
                yield from (group[rank] for group in blocks[step - rank] if rank < len(group))
