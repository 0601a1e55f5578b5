"""One shard of examples beside what it was made from, each table read when it is first asked for."""

from functools import cached_property
from typing import TypeVar

import polars as pl

from vpd.records import EXAMPLES, QUESTIONS, Example, Question, Table
from vpd.store import ArtifactStore

Row = TypeVar("Row")


class Shard:
    """The examples of one shard; `number` is its place among the shards that are looked at."""

    def __init__(self, store: ArtifactStore, name: str, number: int, frame: pl.DataFrame) -> None:
        self.name, self.number, self.frame = name, number, frame
        self._store = store

    @cached_property
    def examples(self) -> list[Example]:
        """The examples as rows."""
        return EXAMPLES.rows(self.frame)

    @cached_property
    def questions(self) -> dict[str, Question]:
        """The shard's questions by id; raises StoreError if they cannot be read."""
        return {q.question_id: q for q in self.rows(QUESTIONS)}

    def rows(self, table: Table[Row]) -> list[Row]:
        """Return the shard's rows of another table; raises StoreError if they cannot be read."""
        return table.rows(self._store.read_shard(table, self.name))

    def picture(self, image_id: str) -> bytes:
        """Return a picture's file; raises StoreError if it is gone or damaged."""
        return self._store.get_blob(image_id)
