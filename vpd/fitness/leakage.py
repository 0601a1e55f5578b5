"""Whether anything that is measured on was trained on.

    picture         a picture is in two splits
    question        a question is in two splits
    text            a text that is held out on purpose is trained on
    near duplicate  a picture is another one of another split, saved again (`vpd.fitness.near_duplicates`);
                    blocks above one in a thousand pictures, and is told below that

Not here: near-duplicate questions; the same question about other pictures is no leak unless it is held out.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import polars as pl

from vpd.fitness.ledger import SPLITS, Ledger
from vpd.fitness.near_duplicates import near_pairs, same_picture
from vpd.fitness.pictures import PicturesCheck, open_picture
from vpd.fitness.report import Facts, Problem
from vpd.records import Example
from vpd.store import ArtifactStore

MOST_NEAR = 0.001  # near duplicates for each picture; small generated scenes do look alike by chance
_MOST_PAIRS = 10_000  # near pairs that are looked at, the first ones
_OPENED = 256  # pictures of pairs that are kept decoded


class LeakageCheck:
    """Looks at the ledger and at the fingerprints once all shards are in."""

    def __init__(self, store: ArtifactStore, ledger: Ledger, pictures: PicturesCheck) -> None:
        self._store, self._ledger, self._pictures = store, ledger, pictures
        self._near = 0

    def end(self) -> Iterator[Problem]:
        """Yield one problem for each picture, question or text that is in two splits."""
        rows = self._ledger.frame
        for kind, column in (("picture", "image"), ("question", "question")):
            for shard, example in self._ledger.examples(_in_two_splits(rows, column)):
                what = getattr(example, f"{column}_id")
                message = f"{kind} {what} is in the split {example.split} and in another one"
                yield Problem(kind, shard, example.example_id, message)
        for shard, example in self._ledger.examples(_held_out_and_trained(rows)):
            message = f"the text {example.prompt!r} is held out and trained on"
            yield Problem("text", shard, example.example_id, message)
        yield from self._near_duplicates()

    def facts(self) -> Facts:
        """Return how many pairs of pictures of two splits were near enough to be held side by side."""
        return {"near_pairs": self._near}

    def _near_duplicates(self) -> Iterator[Problem]:
        pairs = near_pairs(self._pictures.hashes, self._pictures.splits)
        self._near = len(pairs)
        pairs = pairs[:_MOST_PAIRS]
        numbers = np.unique(pairs)
        places = self._pictures.places(numbers)
        named = dict(zip(numbers.tolist(), self._ledger.examples(places), strict=True))
        opened = lru_cache(maxsize=_OPENED)(lambda image_id: open_picture(self._store.get_blob(image_id)))
        found = []
        for one, other in pairs.tolist():
            (_, first), (shard, second) = named[one], named[other]
            if same_picture(opened(first.image_id), opened(second.image_id)):
                found.append((shard, second.example_id, _nearly(first, second)))
        blocks = len(found) > MOST_NEAR * len(self._pictures.hashes)
        yield from (Problem("near duplicate", *where, blocks=blocks) for where in found)


def _in_two_splits(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return, of each thing that is in two splits, the first row that has another split than the first."""
    other = pl.col("split") != pl.col("split").first().over(column)
    return rows.filter(other).filter(pl.col(column).is_first_distinct())


def _held_out_and_trained(rows: pl.DataFrame) -> pl.DataFrame:
    """Return, of each held-out text that is trained on, the first row by which that shows."""
    trained, held_out = pl.col("split") == SPLITS.index("train"), pl.col("held_out")
    both = trained.cum_max().over("prompt") & held_out.cum_max().over("prompt")
    return rows.filter(both).filter(pl.col("prompt").is_first_distinct())


def _nearly(first: Example, second: Example) -> str:
    return (
        f"picture {second.image_id} of the split {second.split} is nearly picture {first.image_id} "
        f"of the split {first.split}"
    )
