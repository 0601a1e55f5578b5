"""Asset `raw_images`: the pictures of every registered source."""

from typing import Any

import dagster as dg

from resources.artifact_store import ArtifactStoreResource
from vpd.datasets.ingest import IMAGES_STAGE, ingest_images
from vpd_assets.decorators import shard_asset
from vpd_assets.samples import sample_images
from vpd_assets.shards import materialize_shards


@shard_asset(IMAGES_STAGE, group="inputs", kinds={"parquet"}, cost="cpu")
def raw_images(
    context: dg.AssetExecutionContext, artifact_store: ArtifactStoreResource
) -> dg.MaterializeResult[Any]:
    """Pictures, decoded once to check them and kept as blobs under their sha256.

    A source is generated scenes or a person's own JSONL file. All questions of a picture are in the picture's
    shard, and its split (train, val, test) is fixed here. A picture that does not decode is a refused row.
    """
    store = artifact_store.open()
    return materialize_shards(context, store, lambda shard: ingest_images(store, shard), sample_images)
