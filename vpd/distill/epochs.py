"""The order of pictures: epoch after epoch, shards and the pictures of each shard in an order of their own.

The questions of a picture stay together, since they share its image pass. One shard is in memory at a time.
"""

import random
from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Generic, TypeVar

T = TypeVar("T")
Row = TypeVar("Row")


class Epochs(Generic[Row]):
    """The pictures of some shards without end, each with its questions.

    `read` returns the questions of every picture of a shard, `tally` how many those are, in the same order:
    that is what is kept of a shard when its pictures are skipped, four bytes for each.
    """

    def __init__(
        self,
        shards: Sequence[str],
        seed: int,
        read: Callable[[str], Sequence[Sequence[Row]]],
        tally: Callable[[str], Sequence[int]],
    ) -> None:
        self.shards, self.seed = sorted(shards), seed
        self._read, self._tally = read, tally
        self._tallied: dict[str, array[int]] = {}

    def sizes(self) -> Iterator[int]:
        """Yield how many questions each picture has."""
        for epoch, shard in self._visits(0):
            yield from shuffled(self._sizes(shard), f"{self.seed} {epoch} {shard}")

    def pictures(self, *, epoch: int = 0, skip: int = 0) -> Iterator[Sequence[Row]]:
        """Yield the questions of each picture, from an epoch on, without the first `skip` pictures."""
        for number, shard in self._visits(epoch):
            if skip and skip >= len(self._sizes(shard)):
                skip -= len(self._sizes(shard))
                continue
            yield from shuffled(self._read(shard), f"{self.seed} {number} {shard}")[skip:]
            skip = 0

    def _visits(self, first: int) -> Iterator[tuple[int, str]]:
        for epoch in count(first):
            for shard in shuffled(self.shards, f"{self.seed} {epoch}"):
                yield epoch, shard

    def _sizes(self, shard: str) -> Sequence[int]:
        if shard not in self._tallied:
            self._tallied[shard] = array("I", self._tally(shard))
        return self._tallied[shard]


def shuffled(items: Sequence[T], seed: str) -> list[T]:
    """Return the items in an order that depends on how many they are and the seed alone."""
    order = list(items)
    random.Random(seed).shuffle(order)
    return order
