"""Asset `execution_traces`: what every program did on every picture it was asked about."""

from typing import Any

import dagster as dg

from resources.artifact_store import ArtifactStoreResource
from resources.gpu_cluster import GpuClusterResource
from resources.vision_tools import VisionToolsResource
from vpd.execution.stage import STAGE, execute_programs
from vpd_assets.decorators import shard_asset
from vpd_assets.questions import questions
from vpd_assets.raw_images import raw_images
from vpd_assets.sampled_programs import sampled_programs
from vpd_assets.samples import sample_traces
from vpd_assets.shards import materialize_shards


@shard_asset(
    STAGE,
    group="programs",
    kinds={"vision", "parquet"},
    cost="cpu",
    deps=[raw_images, questions, sampled_programs],
    pool="sandbox-cpu",
)
def execution_traces(
    context: dg.AssetExecutionContext,
    artifact_store: ArtifactStoreResource,
    vision_tools: VisionToolsResource,
    gpu_cluster: GpuClusterResource,
) -> dg.MaterializeResult[Any]:
    """Runs of programs on pictures: the outcome, the answer, and every step with its boxes and values.

    Programs run in a sandbox and see a picture only through vision tools. Every run ends in one of
    eight outcomes: answered, syntax, unsupported, policy, vocabulary, runtime, budget, crash.
    """
    store = artifact_store.open()
    with gpu_cluster.open_engine(vision_tools) as engine:
        return materialize_shards(
            context, store, lambda shard: execute_programs(store, shard, engine), sample_traces
        )
