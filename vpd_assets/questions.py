"""Asset `questions`: what is asked about the pictures."""

from typing import Any

import dagster as dg

from resources.artifact_store import ArtifactStoreResource
from vpd.datasets.ingest import QUESTIONS_STAGE, ingest_questions
from vpd_assets.decorators import shard_asset
from vpd_assets.raw_images import raw_images
from vpd_assets.samples import sample_questions
from vpd_assets.shards import materialize_shards


@shard_asset(
    QUESTIONS_STAGE,
    group="inputs",
    kinds={"parquet"},
    cost="cpu",
    deps=[raw_images],
)
def questions(
    context: dg.AssetExecutionContext, artifact_store: ArtifactStoreResource
) -> dg.MaterializeResult[Any]:
    """Questions with their accepted answers, family and split, one row each.

    Labels are optional: a question without answers is verified by agreement of its programs. Rows that are
    no question (no text, no picture, answers that are not strings, an id used twice) are kept as refused.
    """
    store = artifact_store.open()
    return materialize_shards(context, store, lambda shard: ingest_questions(store, shard), sample_questions)
