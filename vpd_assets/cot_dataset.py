"""Asset `cot_dataset`: chain-of-thought training examples."""

from typing import Any

import dagster as dg

from resources.artifact_store import ArtifactStoreResource
from vpd.rationale.stage import STAGE, build_examples
from vpd_assets.decorators import shard_asset
from vpd_assets.execution_traces import execution_traces
from vpd_assets.questions import questions
from vpd_assets.raw_images import raw_images
from vpd_assets.sampled_programs import sampled_programs
from vpd_assets.samples import sample_examples
from vpd_assets.shards import materialize_shards
from vpd_assets.verified_programs import verified_programs


@shard_asset(
    STAGE,
    group="dataset",
    kinds={"parquet"},
    cost="cpu",
    deps=[raw_images, questions, sampled_programs, execution_traces, verified_programs],
)
def cot_dataset(
    context: dg.AssetExecutionContext, artifact_store: ArtifactStoreResource
) -> dg.MaterializeResult[Any]:
    """Training examples: every question in answer mode, and in rationale mode where a program was kept.

    A rationale is rendered by templates from the trace of the chosen program: what the program saw and did,
    with its boxes on a 0-1000 grid. One that states anything else does not pass the faithfulness check.
    """
    store = artifact_store.open()
    return materialize_shards(context, store, lambda shard: build_examples(store, shard), sample_examples)
