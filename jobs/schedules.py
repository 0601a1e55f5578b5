"""Schedule `nightly_backfill`: bring the shards that are missing or out of date up to date, every night.

It asks for as few runs as cover those shards, so that a quiet night costs nothing. It trains nothing: a new
model is a decision (`model_job`).
"""

from collections.abc import Iterator

import dagster as dg

from jobs.asset_jobs import data_job
from jobs.freshness import outdated_shards
from resources.artifact_store import ArtifactStoreResource
from vpd_assets.catalog import SHARD_ASSETS
from vpd_assets.partitions import RANGE_START, all_shards, range_tags


@dg.schedule(job=data_job, cron_schedule="0 2 * * *", execution_timezone="UTC")
def nightly_backfill(
    context: dg.ScheduleEvaluationContext, artifact_store: ArtifactStoreResource
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Request runs of `data_job` for missing and outdated shards."""
    store = artifact_store.open()
    shards = all_shards(context.instance)
    outdated = {
        shard for asset in SHARD_ASSETS for shard in outdated_shards(context.instance, store, asset, shards)
    }
    if not outdated:
        yield dg.SkipReason(f"all {len(shards)} shards are up to date")
    for tags in range_tags(shards, outdated):
        yield dg.RunRequest(run_key=f"{context.scheduled_execution_time}:{tags[RANGE_START]}", tags=tags)
