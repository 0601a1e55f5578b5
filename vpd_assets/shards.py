"""Run a stage over the shards of a Dagster run, and report one materialization a shard.

Rows stay in the store. The event log gets numbers, small tables and a few samples of each shard.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import dagster as dg

from vpd.errors import VpdError
from vpd.stage import ShardResult
from vpd.store import ArtifactStore
from vpd_assets.markdown import markdown_table

Metadata = Mapping[str, Any]
# Metadata that `jobs.freshness` reads back.
DATA_SHA256 = "data_sha256"
SETTINGS = "settings"

LOG_EVERY = 5.0  # seconds


def materialize_shards(
    context: dg.AssetExecutionContext,
    store: ArtifactStore,
    stage: Callable[[str], ShardResult],
    sample: Callable[[ArtifactStore, str], Metadata],
) -> dg.MaterializeResult[Any]:
    """Bring every shard of the run up to date by `stage`; `sample` gives further metadata of a shard.

    A shard's metadata holds the digest of its data. Dagster gives all partitions of a run one data version:
    that digest in a run of one shard, the digest of the digests in a run of several.

    Raises dagster.Failure naming the shard when the stage stops; shards before it stay committed.
    """
    digests = []
    for shard in sorted(context.partition_keys):
        try:
            result = stage(shard)
        except VpdError as error:
            raise dg.Failure(f"{shard}: {error}", allow_retries=False) from error
        verb = "computed" if result.computed else "current"
        context.log.info(f"{shard}: {result.manifest.rows} rows {verb} in {result.seconds:.1f} s")
        context.add_asset_metadata(
            {**shard_metadata(store, result), **sample(store, shard)}, partition_key=shard
        )
        digests.append(result.manifest.data_sha256)
    joint = digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()
    return dg.MaterializeResult(data_version=dg.DataVersion(joint))


def shard_metadata(store: ArtifactStore, result: ShardResult) -> dict[str, Any]:
    """Return what every shard reports: rows, computed or not, seconds, its file and its statistics."""
    manifest = result.manifest
    return {
        "dagster/row_count": manifest.rows,
        "computed": result.computed,
        "seconds": round(result.seconds, 2),
        "file": dg.MetadataValue.path(f"{store.uri}/{manifest.data_name}"),
        DATA_SHA256: manifest.data_sha256,
        **{name: _statistic(value) for name, value in manifest.stats.items()},
    }


def _statistic(value: Any) -> Any:
    """Render one statistic: {row: {column: number}} and {row: number} become tables, the rest stays."""
    if not isinstance(value, Mapping):
        return value
    rows = [
        {"": name, **(cells if isinstance(cells, Mapping) else {"value": cells})}
        for name, cells in value.items()
    ]
    return dg.MetadataValue.md(markdown_table(rows))
