"""Asset `sampled_programs`: candidate programs from a language model."""

from typing import Any

import dagster as dg

from resources.artifact_store import ArtifactStoreResource
from resources.program_sampler import ProgramSamplerResource
from resources.vision_tools import VisionToolsResource
from vpd.sampling.stage import SAMPLED_PROGRAMS, sample_programs
from vpd_assets.decorators import shard_asset
from vpd_assets.questions import questions
from vpd_assets.samples import sample_candidates
from vpd_assets.shards import materialize_shards, progress_log


@shard_asset(
    SAMPLED_PROGRAMS,
    group="programs",
    kinds={"llm", "parquet"},
    cost="llm",
    deps=[questions],
    pool="llm-api",
)
def sampled_programs(
    context: dg.AssetExecutionContext,
    artifact_store: ArtifactStoreResource,
    program_sampler: ProgramSamplerResource,
    vision_tools: VisionToolsResource,
) -> dg.MaterializeResult[Any]:
    """Candidate programs: k for every distinct question text, written by a language model.

    A program does not depend on the picture, so a text is asked once however many pictures it is about. Every
    answer is kept the moment it arrives and never asked for twice.
    """
    store = artifact_store.open()
    tell = progress_log(context, "question texts")
    with program_sampler.open(vision_tools.name) as sampler:
        return materialize_shards(
            context, store, lambda shard: sample_programs(store, shard, sampler, tell), sample_candidates
        )
