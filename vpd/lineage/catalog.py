"""The catalog: every table of a store as a DuckDB view over its committed Parquet files.

Nothing is copied from a folder store; files of an S3 store are kept by sha256 in a cache folder. The catalog
lives in memory and is built anew each time, so it cannot disagree with the shards. Every view has a last
column `shard`. A table without shards is an empty view.

Not here: what the rows mean to each other (`vpd.lineage.ancestry`).
"""

import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from vpd.errors import ConfigError, StoreError
from vpd.objects import FolderObjects
from vpd.records import REFUSED, TABLES, Table
from vpd.store import ArtifactStore, Manifest

READERS = 16  # manifests read at once: reading waits for the network, not for a core
TYPES = {
    pl.String(): "VARCHAR",
    pl.Int64(): "BIGINT",
    pl.Float64(): "DOUBLE",
    pl.Boolean(): "BOOLEAN",
    pl.List(pl.String()): "VARCHAR[]",
}


class Catalog:
    """Views over the tables of a store, and its documents."""

    def __init__(self, store: ArtifactStore, cache: Path) -> None:
        """Open the store's tables; `cache` is used for files of an S3 store.

        Raises StoreError or CorruptShardError if the store cannot be read.
        """
        self.store, self.cache = store, cache
        self.digests: dict[tuple[str, str], str] = {}
        self._database = duckdb.connect(":memory:")
        with ThreadPoolExecutor(READERS) as pool:
            for table in TABLES:
                files = list(pool.map(lambda shard, t=table: self._file(t, shard), store.shards(table)))
                self._database.execute(_view(table, files))

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Return the rows of a query with `$name` parameters."""
        try:
            cursor = self._database.execute(sql, dict(parameters or {}))
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        except duckdb.IOException as error:
            raise StoreError(
                f"a shard of {self.store.uri} was replaced while it was read: run again"
            ) from error

    def select(self, sql: str) -> list[dict[str, Any]]:
        """Return the rows of a person's query; raises ConfigError unless it is one SELECT that runs."""
        try:
            statements = self._database.extract_statements(sql)
            if [s.type for s in statements] != [duckdb.StatementType.SELECT]:
                raise ConfigError("only one SELECT statement is run: the tables cannot be changed here")
            return self.rows(sql)
        except duckdb.Error as error:
            raise ConfigError(f"the query failed: {error}") from error

    def documents(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the documents of a kind (sources, runs, evaluations, models) by id."""
        names = self.store.documents(f"{kind}/")
        found = {name.removeprefix(f"{kind}/"): self.store.get_document(name) for name in names}
        return {name: document for name, document in found.items() if document is not None}

    def _file(self, table: Table[Any], shard: str) -> Path:
        manifest = self.store.manifest(table, shard)
        self.digests[table.name, shard] = manifest.data_sha256
        if isinstance(self.store.objects, FolderObjects):
            return self.store.objects.root / manifest.data_name
        return self._fetch(manifest)

    def _fetch(self, manifest: Manifest) -> Path:
        path = self.cache / manifest.table / manifest.shard / f"{manifest.data_sha256}.parquet"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            aside = path.with_name(f".{uuid.uuid4().hex}")
            aside.write_bytes(self.store.shard_bytes(manifest))
            aside.replace(path)
        return path


def refused_rows(store: ArtifactStore) -> pl.DataFrame:
    """Return all refused rows, with the stage and shard that refused each as column `shard`."""
    frames = [frame.with_columns(shard=pl.lit(shard)) for shard, frame in store.iter_shards(REFUSED)]
    return pl.concat(frames) if frames else REFUSED.frame([]).with_columns(shard=pl.lit(""))


def _view(table: Table[Any], files: list[Path]) -> str:
    if not files:
        nothing = ", ".join(f"CAST(NULL AS {TYPES[c.dtype]}) AS {c.name}" for c in table.columns)
        return f"CREATE VIEW {table.name} AS SELECT {nothing}, '' AS shard WHERE false"
    names = ", ".join(table.schema.names())
    paths = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
    shard = "parse_path(filename)[-2] AS shard"
    return (
        f"CREATE VIEW {table.name} AS SELECT {names}, {shard} FROM read_parquet([{paths}], filename = true)"
    )
