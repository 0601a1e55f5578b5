"""Which shards of an asset have to be materialised, by the event log and the store.

A shard of an asset is up to date when its last materialization reported the data that the store holds now,
was made by the present code version, and is later than the last materializations it depends on. Being wrong
is cheap: a stage finds for itself that its shard is current and computes nothing.
"""

from collections.abc import Sequence

import dagster as dg

from vpd.records import TABLES
from vpd.store import ArtifactStore
from vpd_assets.shards import DATA_SHA256

_TABLES = {table.name: table for table in TABLES}


def outdated_shards(
    instance: dg.DagsterInstance, store: ArtifactStore, asset: dg.AssetsDefinition, shards: Sequence[str]
) -> list[str]:
    """Return those of the shards for which a per-shard asset has to be materialised, in the same order."""
    return [shard for shard in shards if not _up_to_date(instance, store, asset, shard)]


def _up_to_date(
    instance: dg.DagsterInstance, store: ArtifactStore, asset: dg.AssetsDefinition, shard: str
) -> bool:
    record = latest(instance, asset.key, shard)
    table = _TABLES[asset.tags_by_key[asset.key]["vpd/table"]]
    manifest = store.find_manifest(table, shard)
    if record is None or manifest is None or record.asset_materialization is None:
        return False
    event = record.asset_materialization
    digest = event.metadata.get(DATA_SHA256)
    upstream = (latest(instance, key, shard) for key in asset.asset_deps[asset.key])
    return (
        digest is not None
        and digest.value == manifest.data_sha256
        and (event.tags or {}).get("dagster/code_version") == asset.code_versions_by_key[asset.key]
        and all(before is not None and before.storage_id < record.storage_id for before in upstream)
    )


def latest(instance: dg.DagsterInstance, key: dg.AssetKey, shard: str | None) -> dg.EventLogRecord | None:
    """Return the last materialization of an asset, or of one of its shards."""
    partitions = None if shard is None else [shard]
    found = instance.fetch_materializations(
        dg.AssetRecordsFilter(asset_key=key, asset_partitions=partitions), limit=1
    )
    return found.records[0] if found.records else None
