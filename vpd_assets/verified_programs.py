"""Asset `verified_programs`: a verdict on every candidate for every question."""

from typing import Any

import dagster as dg

from resources.artifact_store import ArtifactStoreResource
from vpd.verification.stage import STAGE, verify_programs
from vpd_assets.decorators import shard_asset
from vpd_assets.execution_traces import execution_traces
from vpd_assets.questions import questions
from vpd_assets.sampled_programs import sampled_programs
from vpd_assets.samples import sample_verdicts
from vpd_assets.shards import materialize_shards


@shard_asset(
    STAGE,
    group="programs",
    kinds={"parquet"},
    cost="cpu",
    deps=[questions, sampled_programs, execution_traces],
)
def verified_programs(
    context: dg.AssetExecutionContext, artifact_store: ArtifactStoreResource
) -> dg.MaterializeResult[Any]:
    """Verdicts: which candidates are right, and which one becomes the rationale.

    A candidate of a labelled question is kept when its answer equals a label after normalisation; of an
    unlabelled one, when enough candidates agree. Ties go to agreement, then likelihood. Yields are by family.
    """
    store = artifact_store.open()
    return materialize_shards(context, store, lambda shard: verify_programs(store, shard), sample_verdicts)
