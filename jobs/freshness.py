"""Which shards of an asset, and which assets of the model group, have to be materialised.

A shard of an asset is up to date when its last materialization reported the data that the store holds now,
was made by the present code version, and is later than the last materializations it depends on. Being wrong
is cheap: a stage finds for itself that its shard is current and computes nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from vpd.records import TABLES
from vpd.store import ArtifactStore
from vpd_assets.shards import DATA_SHA256, SETTINGS

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
    digest = record.asset_materialization.metadata.get(DATA_SHA256)
    same_data = digest is not None and digest.value == manifest.data_sha256
    return same_data and _after_upstream(instance, asset, record, shard)


def model_up_to_date(
    instance: dg.DagsterInstance, asset: dg.AssetsDefinition, settings: Mapping[str, Any]
) -> bool:
    """Tell whether an asset made from all shards is up to date and was made with these settings."""
    record = latest(instance, asset.key, None)
    if record is None or record.asset_materialization is None:
        return False
    used = record.asset_materialization.metadata.get(SETTINGS)
    return _after_upstream(instance, asset, record, None) and (
        not settings or (used is not None and used.value == dict(settings))
    )


def _after_upstream(
    instance: dg.DagsterInstance, asset: dg.AssetsDefinition, record: dg.EventLogRecord, shard: str | None
) -> bool:
    event = record.asset_materialization
    code_version = (event.tags or {}).get("dagster/code_version") if event else None
    upstream = (latest(instance, key, shard) for key in asset.asset_deps[asset.key])
    return code_version == asset.code_versions_by_key[asset.key] and all(
        before is not None and before.storage_id < record.storage_id for before in upstream
    )


def latest(instance: dg.DagsterInstance, key: dg.AssetKey, shard: str | None) -> dg.EventLogRecord | None:
    """Return the last materialization of an asset, or of one of its shards."""
    partitions = None if shard is None else [shard]
    found = instance.fetch_materializations(
        dg.AssetRecordsFilter(asset_key=key, asset_partitions=partitions), limit=1
    )
    return found.records[0] if found.records else None
