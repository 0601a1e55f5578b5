"""Asset `sampled_programs`: candidate programs from a language model."""

import time
from typing import Any

import dagster as dg

from resources.artifact_store import ArtifactStoreResource
from resources.program_sampler import ProgramSamplerResource
from resources.vision_tools import VisionToolsResource
from vpd.sampling.progress import describe
from vpd.sampling.sampler import Progress, Sampler
from vpd.sampling.stage import SAMPLED_PROGRAMS, sample_programs
from vpd_assets.decorators import shard_asset
from vpd_assets.questions import questions
from vpd_assets.samples import sample_candidates
from vpd_assets.shards import LOG_EVERY, materialize_shards


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
    """Candidate programs: k for every distinct question, written by language models and reviewed.

    A program does not depend on the picture, so a question is asked once however many pictures it is about.
    Every answer is kept the moment it arrives and never asked for twice. A program that is known to be wrong
    before any picture is touched goes back to its writer once; what a better one replaced is kept beside.
    """
    store = artifact_store.open()
    started = time.monotonic()
    with program_sampler.open(vision_tools.name) as sampler:
        tell = _progress_log(context, sampler, started)
        result = materialize_shards(
            context, store, lambda shard: sample_programs(store, shard, sampler, tell), sample_candidates
        )
        context.log.info(describe(sampler.tally, time.monotonic() - started))
        return result


def _progress_log(context: dg.AssetExecutionContext, sampler: Sampler, started: float) -> Progress:
    """Return what logs (done, in all) and the run so far, every few seconds."""
    last = started

    def tell(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= LOG_EVERY:
            last = now
            context.log.info(f"{done} of {total} questions; {describe(sampler.tally, now - started)}")

    return tell
