"""Parquet files of an export: typed rows, pictures inside, a few rows in memory at a time.

One file per table, split and shard. The schema says which column holds pictures in the way that the library
`datasets` reads, so that it decodes them by itself. Not here: which rows there are.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ROWS_PER_GROUP = 100
TEXT, TEXTS, FLAGS = pa.string(), pa.list_(pa.string()), pa.list_(pa.bool_())
TALK = pa.list_(pa.struct([("role", TEXT), ("content", TEXT)]))
TALK_OF_PARTS = pa.list_(
    pa.struct([("role", TEXT), ("content", pa.list_(pa.struct([("type", TEXT), ("text", TEXT)])))])
)
IMAGES = "images"
_PICTURES = pa.list_(pa.struct([("bytes", pa.binary()), ("path", TEXT)]))

ReadPicture = Callable[[str], dict[str, Any]]


@dataclass(frozen=True)
class ExportTable:
    """A table of an export, which is one configuration of the data set; `about` says what a row is."""

    name: str
    about: str
    columns: Mapping[str, pa.DataType]
    pictures: bool = True

    @property
    def schema(self) -> pa.Schema:
        """The schema of its files."""
        if not self.pictures:
            return pa.schema(dict(self.columns))
        metadata = {"huggingface": json.dumps({"info": {"features": {IMAGES: [{"_type": "Image"}]}}})}
        return pa.schema({IMAGES: _PICTURES, **self.columns}, metadata=metadata)


@dataclass(frozen=True)
class Row:
    """A row of a table: its split, its picture if the table has pictures, and its columns."""

    split: str
    image_id: str
    columns: dict[str, Any]


@dataclass
class ShardWriter:
    """Writes the rows of one table and shard, one file per split."""

    table: ExportTable
    folder: Path
    shard: str
    read_picture: ReadPicture
    rows: Counter[str] = field(default_factory=Counter)
    _files: dict[str, pq.ParquetWriter] = field(default_factory=dict)
    _waiting: dict[str, list[Row]] = field(default_factory=dict)

    def __enter__(self) -> "ShardWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                for split in self._waiting:
                    self._flush(split)
        finally:
            for file in self._files.values():
                file.close()

    def add(self, row: Row) -> None:
        """Take one row; rows of one picture should follow one another."""
        split = split_name(row.split)
        waiting = self._waiting.setdefault(split, [])
        waiting.append(row)
        self.rows[split] += 1
        if len(waiting) == ROWS_PER_GROUP:
            self._flush(split)

    def _flush(self, split: str) -> None:
        waiting, self._waiting[split] = self._waiting[split], []
        pictures = {i: [self.read_picture(i)] for i in {r.image_id for r in waiting} if self.table.pictures}
        columns = [{IMAGES: pictures.get(row.image_id), **row.columns} for row in waiting]
        schema = self.table.schema
        if split not in self._files:
            path = self.folder / "data" / self.table.name / f"{split}-{self.shard}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            self._files[split] = pq.ParquetWriter(path, schema)
        if waiting:
            self._files[split].write_table(pa.Table.from_pylist(columns, schema))


def split_name(split: str) -> str:
    """Return a split's name as file names and `datasets` take it: letters, digits and `_`."""
    return re.sub(r"\W", "_", split) or "unnamed"
