"""Whether every picture opens: each is decoded once, and its fingerprint kept for the search of leaks.

Memory: 73 bytes a picture for fingerprint, place and split, and 78 for having seen it (measured).
"""

import io
from array import array
from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image as PillowImage

from vpd.errors import StoreError
from vpd.fitness.ledger import SPLITS
from vpd.fitness.near_duplicates import BYTES, Hashes, fingerprint
from vpd.fitness.report import Facts, Problem
from vpd.fitness.shard import Shard

_DAMAGED = (StoreError, OSError, ValueError, SyntaxError, PillowImage.DecompressionBombError)


def open_picture(data: bytes) -> PillowImage.Image:
    """Return a decoded picture; raises what Pillow raises if it does not decode."""
    with PillowImage.open(io.BytesIO(data)) as picture:
        picture.load()
        return picture.convert("RGB")


class PicturesCheck:
    """Decodes the pictures that no earlier shard had, and remembers their fingerprints."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._bytes = bytearray()
        self._shards, self._rows, self._splits = array("I"), array("I"), array("B")

    def look(self, shard: Shard) -> Iterator[Problem]:
        """Yield the first example of each picture that cannot be used."""
        first = shard.frame["image_id"].is_first_distinct()
        hashes = shard.frame["image_id"].hash()
        for row in first.arg_true():
            if hashes[row] in self._seen:
                continue
            self._seen.add(hashes[row])
            example = shard.examples[row]
            try:
                found = fingerprint(open_picture(shard.picture(example.image_id)))
            except _DAMAGED as error:
                message = f"picture {example.image_id}: {error}"
                yield Problem("picture", shard.name, example.example_id, message)
                continue
            if found is not None and example.split in SPLITS:
                self._bytes += found
                self._shards.append(shard.number)
                self._rows.append(row)
                self._splits.append(SPLITS.index(example.split))

    def facts(self) -> Facts:
        """Return how many pictures there are, and how many are too plain or small for a fingerprint."""
        return {"pictures": len(self._seen), "without_fingerprint": len(self._seen) - len(self._rows)}

    @property
    def hashes(self) -> Hashes:
        """The fingerprints, shape (pictures, 64)."""
        return np.frombuffer(self._bytes, np.uint8).reshape(-1, BYTES)

    @property
    def splits(self) -> NDArray[np.uint8]:
        """The split of each fingerprint's picture, as a number."""
        return np.frombuffer(self._splits, np.uint8)

    def places(self, numbers: NDArray[np.intp]) -> pl.DataFrame:
        """Return where the pictures of some fingerprints first occur: shard and row, as in the ledger."""
        rows = [(self._shards[n], self._rows[n]) for n in numbers.tolist()]
        return pl.DataFrame(rows, schema={"shard": pl.UInt32, "row": pl.UInt32}, orient="row")
