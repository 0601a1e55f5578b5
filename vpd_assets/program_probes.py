"""Asset `program_probes`: what programs answer on other pictures, and with nothing to see."""

from typing import Any

import dagster as dg

from resources.artifact_store import ArtifactStoreResource
from resources.gpu_cluster import GpuClusterResource
from resources.vision_tools import VisionToolsResource
from vpd.probing.prober import Prober
from vpd.probing.stage import STAGE, probe_programs
from vpd_assets.decorators import shard_asset
from vpd_assets.questions import questions
from vpd_assets.raw_images import raw_images
from vpd_assets.sampled_programs import sampled_programs
from vpd_assets.samples import sample_probes
from vpd_assets.shards import materialize_shards


@shard_asset(
    STAGE,
    group="programs",
    kinds={"vision", "parquet"},
    cost="cpu",
    deps=[raw_images, questions, sampled_programs],
    pool="sandbox-cpu",
)
def program_probes(
    context: dg.AssetExecutionContext,
    artifact_store: ArtifactStoreResource,
    vision_tools: VisionToolsResource,
    gpu_cluster: GpuClusterResource,
) -> dg.MaterializeResult[Any]:
    """Probes: every program tried on up to 12 other pictures on which the same is asked, and under ablations.

    The other pictures are of the train split, with labels that take turns. The ablations show a grey picture,
    a shuffled one, and tools that deny what they see: an answer that none of these moves did not look. Needs
    the questions and pictures of the source's first 16 shards, those of them that are there.
    """
    store = artifact_store.open()
    with gpu_cluster.open_engine(vision_tools, deniable=True) as engine:
        prober = Prober(engine, store)
        return materialize_shards(
            context, store, lambda shard: probe_programs(store, shard, prober), sample_probes
        )
