"""The artifact store: a folder or an S3 prefix that holds blobs, table shards and documents.

Layout, the same in both:

    blobs/<2 digits>/<sha256>                          pictures and other files, named by content
    tables/<table>/<shard>/<sha256, 12 digits>-<one write>.parquet
    tables/<table>/<shard>/manifest.json               written last: what has a manifest is done
    documents/<name>.json                              small records: sources, runs, model versions
    galleries/<shard>/<what it is made from>.html      runs of a shard for people (vpd.inspect.gallery)

A write is complete or absent: the data file is durable before its manifest replaces the old one, so a
process killed at any point leaves the previous shard or the new one. Shards fit in memory by design.

Two writers of one shard are safe, the last wins: every write has a data file of its own, so no writer deletes
what another one's manifest names. A writer that is killed may leave a data file that nothing names.

Not here: queries over many shards (`vpd.lineage`), locks.
"""

import hashlib
import io
import json
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from vpd.errors import CorruptShardError, MissingShardError, StoreError
from vpd.objects import Objects, open_objects
from vpd.records import Table, canonical_json


@dataclass(frozen=True)
class Manifest:
    """What a committed shard holds and what it was made from."""

    table: str
    shard: str
    rows: int
    data_sha256: str
    data_name: str
    fingerprint: str
    stats: dict[str, Any]


class ArtifactStore:
    """Blobs, table shards and documents over one place for objects."""

    def __init__(self, objects: Objects) -> None:
        self.objects = objects

    @classmethod
    def open(cls, uri: str, endpoint_url: str | None = None) -> "ArtifactStore":
        """Open a folder or `s3://bucket/prefix`; raises StoreError if it cannot be used."""
        return cls(open_objects(uri, endpoint_url))

    @property
    def uri(self) -> str:
        """Where the store is: an absolute path or an s3 address."""
        return self.objects.uri

    def put_blob(self, data: bytes) -> str:
        """Keep a file under its sha256 and return that; a file already there is not written again."""
        digest = blob_digest(data)
        name = blob_name(digest)
        if not self.objects.exists(name):
            self.objects.put(name, data)
        return digest

    def get_blob(self, digest: str) -> bytes:
        """Return a blob; raises StoreError if it is gone or is no longer the file it was."""
        data = self.objects.get(blob_name(digest))
        if data is None:
            raise StoreError(f"blob {digest} is missing from {self.uri}: ingest its source again")
        if blob_digest(data) != digest:
            raise StoreError(
                f"blob {digest} in {self.uri} is damaged: delete it and ingest its source with --again"
            )
        return data

    def write_shard(
        self,
        table: Table[Any],
        shard: str,
        frame: pl.DataFrame,
        fingerprint: str,
        stats: dict[str, Any] | None = None,
    ) -> Manifest:
        """Commit a shard, replacing an older one. Raises StoreError on a duplicate key or a failed write."""
        doubled = frame.height - frame[table.key].n_unique()
        if doubled:
            raise StoreError(f"{table.name}/{shard}: {doubled} rows repeat a {table.key}, which is the key")
        buffer = io.BytesIO()
        frame.select(table.schema.names()).cast(table.schema).write_parquet(buffer)
        data = buffer.getvalue()
        digest = hashlib.sha256(data).hexdigest()
        folder = f"tables/{table.name}/{shard}"
        name = f"{folder}/{digest[:12]}-{uuid.uuid4().hex[:8]}.parquet"
        manifest = Manifest(table.name, shard, frame.height, digest, name, fingerprint, stats or {})
        try:
            previous = self.find_manifest(table, shard)
        except CorruptShardError:  # writing the shard again is how it is repaired
            previous = None
        self.objects.put(name, data)
        self.objects.put(f"{folder}/manifest.json", canonical_json(asdict(manifest)).encode())
        if previous is not None:
            self.objects.delete(previous.data_name)
        return manifest

    def find_manifest(self, table: Table[Any], shard: str) -> Manifest | None:
        """Return a shard's manifest, or None if the shard is not committed."""
        data = self.objects.get(f"tables/{table.name}/{shard}/manifest.json")
        if data is None:
            return None
        try:
            return Manifest(**json.loads(data))
        except (ValueError, TypeError) as error:
            raise CorruptShardError(
                f"manifest of {table.name}/{shard} in {self.uri} is damaged ({error}): "
                "materialise the shard again"
            ) from error

    def manifest(self, table: Table[Any], shard: str) -> Manifest:
        """Return a committed shard's manifest; raises MissingShardError if there is none."""
        found = self.find_manifest(table, shard)
        if found is None:
            raise MissingShardError(f"{table.name}/{shard} is not in {self.uri}: materialise it first")
        return found

    def read_shard(self, table: Table[Any], shard: str) -> pl.DataFrame:
        """Return a committed shard's rows, checked against its manifest."""
        manifest = self.manifest(table, shard)
        while True:
            try:
                data = self.shard_bytes(manifest)
                frame = pl.read_parquet(io.BytesIO(data))
                return self._in_columns(table, shard, frame)
            except CorruptShardError:
                latest = self.manifest(table, shard)
                if latest == manifest:
                    raise
                manifest = latest  # a writer replaced the shard between the two reads

    def _in_columns(self, table: Table[Any], shard: str, frame: pl.DataFrame) -> pl.DataFrame:
        missing = [name for name in table.schema.names() if name not in frame.columns]
        if missing:
            raise CorruptShardError(
                f"{table.name}/{shard} in {self.uri} has no column {', '.join(missing)}: it was written by "
                "another version of vpd; materialise it again"
            )
        return frame.select(table.schema.names())

    def shard_bytes(self, manifest: Manifest) -> bytes:
        """Return a shard's Parquet file; raises CorruptShardError if it is not what was committed."""
        where = f"{manifest.table}/{manifest.shard} in {self.uri}"
        data = self.objects.get(manifest.data_name)
        if data is None:
            raise CorruptShardError(f"data of {where} is gone: materialise the shard again")
        if hashlib.sha256(data).hexdigest() != manifest.data_sha256:
            raise CorruptShardError(f"data of {where} is damaged: materialise the shard again")
        return data

    def shards(self, table: Table[Any]) -> list[str]:
        """Return the names of the committed shards of a table, sorted."""
        prefix = f"tables/{table.name}/"
        names = self.objects.list(prefix)
        return sorted(n.removeprefix(prefix).split("/")[0] for n in names if n.endswith("/manifest.json"))

    def iter_shards(self, table: Table[Any]) -> Iterator[tuple[str, pl.DataFrame]]:
        """Yield every committed shard of a table, one in memory at a time."""
        for shard in self.shards(table):
            yield shard, self.read_shard(table, shard)

    def put_document(self, name: str, document: dict[str, Any]) -> None:
        """Keep a small JSON document, replacing an older one of the name."""
        self.objects.put(f"documents/{name}.json", canonical_json(document).encode())

    def get_document(self, name: str) -> dict[str, Any] | None:
        """Return a document, or None."""
        data = self.objects.get(f"documents/{name}.json")
        try:
            return None if data is None else dict(json.loads(data))
        except (ValueError, TypeError) as error:
            raise StoreError(f"document {name} in {self.uri} is damaged ({error}): delete it") from error

    def delete_document(self, name: str) -> None:
        """Delete a document; nothing happens if there is none."""
        self.objects.delete(f"documents/{name}.json")

    def documents(self, prefix: str) -> list[str]:
        """Return the names of the documents that start with a prefix, sorted."""
        names = self.objects.list(f"documents/{prefix}")
        return sorted(n.removeprefix("documents/").removesuffix(".json") for n in names)


def blob_digest(data: bytes) -> str:
    """Return the sha256 under which a blob is kept."""
    return hashlib.sha256(data).hexdigest()


def blob_name(digest: str) -> str:
    """Return the object name of a blob."""
    return f"blobs/{digest[:2]}/{digest}"
