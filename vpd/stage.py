"""A stage turns committed shards into the next committed shard, or does nothing because it already has.

A shard is current when its manifest records the fingerprint that this code, these settings and the present
upstream data give, and its files are what was committed. Runtime settings (endpoint address, concurrency,
worker count) are no part of it, so changing them redoes nothing. A shard that is not current is computed
again and replaced whole.
"""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from vpd.errors import CorruptShardError
from vpd.records import REFUSED, Refused, Table, canonical_json
from vpd.store import ArtifactStore, Manifest

Stats = dict[str, Any]


@dataclass(frozen=True)
class Stage:
    """A step of the pipeline: the table it writes, those it reads, and those it writes beside its own."""

    table: Table[Any]
    version: str
    upstream: tuple[Table[Any], ...] = ()
    beside: tuple[Table[Any], ...] = ()


@dataclass(frozen=True)
class StageOutput:
    """What a stage computed for one shard."""

    frame: pl.DataFrame
    stats: Stats
    refused: list[Refused] = field(default_factory=list)
    beside: tuple[tuple[Table[Any], pl.DataFrame], ...] = ()


@dataclass(frozen=True)
class ShardResult:
    """A committed shard, and whether this run computed it."""

    shard: str
    manifest: Manifest
    computed: bool
    seconds: float


Inputs = Mapping[str, pl.DataFrame]


def run_stage(
    store: ArtifactStore,
    stage: Stage,
    shard: str,
    settings: Mapping[str, Any],
    compute: Callable[[Inputs], StageOutput],
    redo: bool = False,
) -> ShardResult:
    """Commit one shard of a stage unless it is current.

    `settings` is everything beside code version and upstream data that can change the rows. Refused rows
    and tables written beside the main one are committed before it, so a committed shard is complete.
    `redo` computes a current shard too: for when something outside the store, such as a file, was mended.

    Raises MissingShardError if an upstream shard is not committed, CorruptShardError if one is damaged.
    """
    started = time.monotonic()
    upstream = {table.name: store.manifest(table, shard) for table in stage.upstream}
    wanted = fingerprint(stage, settings, {name: m.data_sha256 for name, m in upstream.items()})
    present = _current(store, stage, shard, wanted)
    if present is not None and not redo:
        return ShardResult(shard, present, computed=False, seconds=time.monotonic() - started)
    output = compute({table.name: store.read_shard(table, shard) for table in stage.upstream})
    store.write_shard(REFUSED, refused_shard(stage.table, shard), REFUSED.frame(output.refused), wanted)
    for table, frame in output.beside:
        store.write_shard(table, shard, frame, wanted)
    stats = {**output.stats, "refused": len(output.refused)}
    manifest = store.write_shard(stage.table, shard, output.frame, wanted, stats)
    return ShardResult(shard, manifest, computed=True, seconds=time.monotonic() - started)


def _current(store: ArtifactStore, stage: Stage, shard: str, wanted: str) -> Manifest | None:
    """Return the shard's manifest if it and all that was written with it are current and undamaged."""
    parts = [(REFUSED, refused_shard(stage.table, shard)), *((table, shard) for table in stage.beside)]
    manifest = None
    for table, name in [*parts, (stage.table, shard)]:
        try:
            manifest = store.find_manifest(table, name)
            if manifest is None or manifest.fingerprint != wanted:
                return None
            store.shard_bytes(manifest)
        except CorruptShardError:
            return None
    return manifest


def refused_shard(table: Table[Any], shard: str) -> str:
    """Return the name, in the table of refused rows, of what a stage refused in a shard."""
    return f"{table.name}.{shard}"


def fingerprint(stage: Stage, settings: Mapping[str, Any], upstream: Mapping[str, str]) -> str:
    """Return the hash of everything that decides a shard's rows."""
    columns = [[table.name, table.schema.names()] for table in (stage.table, *stage.beside)]
    text = canonical_json([columns, stage.version, dict(settings), dict(upstream)])
    return hashlib.sha256(text.encode()).hexdigest()
