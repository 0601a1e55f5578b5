"""What is kept of every example over all shards: 43 bytes of hashes, enough to see what occurs twice.

A hash has 64 bits: among ten million texts the chance that two of them share one is 3 in a million. Names are
not kept; those of the few rows that matter are read from their shard again.
"""

from collections.abc import Iterator, Sequence

import polars as pl

from vpd.fitness.shard import Shard
from vpd.records import EXAMPLES, Example
from vpd.store import ArtifactStore

SPLITS = ("train", "val", "test")
MODES = ("answer", "rationale")
_COLUMNS = {
    "shard": pl.UInt32,
    "row": pl.UInt32,
    "example": pl.UInt64,
    "question": pl.UInt64,
    "image": pl.UInt64,
    "prompt": pl.UInt64,
    "mode": pl.UInt8,
    "split": pl.UInt8,
    "held_out": pl.Boolean,
}


class Ledger:
    """The examples of several shards as hashes, in order.

    Columns of `frame`: shard and row (places), example, question, image, prompt (hashes), mode and split
    (numbers), held_out.
    """

    def __init__(self, store: ArtifactStore, shards: Sequence[str]) -> None:
        self._store, self._shards = store, shards
        self._parts = [pl.DataFrame(schema=_COLUMNS)]

    def add(self, shard: Shard) -> None:
        """Enter the examples of the next shard."""
        self._parts.append(
            shard.frame.select(
                pl.lit(shard.number, pl.UInt32).alias("shard"),
                pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"),
                *(pl.col(f"{name}_id").hash().alias(name) for name in ("example", "question", "image")),
                pl.col("prompt").hash(),
                pl.col("mode").replace_strict(_numbers(MODES), default=255, return_dtype=pl.UInt8),
                pl.col("split").replace_strict(_numbers(SPLITS), default=255, return_dtype=pl.UInt8),
                pl.col("held_out_text").alias("held_out"),
            )
        )

    @property
    def frame(self) -> pl.DataFrame:
        """All rows that were entered."""
        return pl.concat(self._parts)

    def examples(self, rows: pl.DataFrame) -> Iterator[tuple[str, Example]]:
        """Yield shard and example of some rows of `frame`, reading each shard once."""
        for (number,), places in rows.group_by("shard", maintain_order=True):
            name = self._shards[int(str(number))]
            frame = self._store.read_shard(EXAMPLES, name)
            for example in EXAMPLES.rows(frame[places["row"].to_list()]):
                yield name, example


def _numbers(names: Sequence[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(names)}
