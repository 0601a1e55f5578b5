"""Asset `cot_dataset`: chain-of-thought training examples."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import dagster as dg
from pydantic import Field

from resources.artifact_store import ArtifactStoreResource
from resources.program_sampler import ProgramSamplerResource
from vpd.rationale.stage import STAGE, build_examples
from vpd.rewriting.rewriter import Rewriter
from vpd_assets.decorators import shard_asset
from vpd_assets.execution_traces import execution_traces
from vpd_assets.questions import questions
from vpd_assets.raw_images import raw_images
from vpd_assets.sampled_programs import sampled_programs
from vpd_assets.samples import sample_examples
from vpd_assets.shards import materialize_shards
from vpd_assets.verified_programs import verified_programs


class CotDatasetConfig(dg.Config):
    """Who words the rationales."""

    rewrite: bool = Field(
        default=False,
        description="Have a language model say each rationale in other words; the template's stand where its "
        "do not pass the check",
    )
    rewriter: str = Field(
        default="", description="Which of the program sampler's models does that; empty: the first"
    )


@shard_asset(
    STAGE,
    group="dataset",
    kinds={"parquet"},
    cost="cpu",
    deps=[raw_images, questions, sampled_programs, execution_traces, verified_programs],
)
def cot_dataset(
    context: dg.AssetExecutionContext,
    config: CotDatasetConfig,
    artifact_store: ArtifactStoreResource,
    program_sampler: ProgramSamplerResource,
) -> dg.MaterializeResult[Any]:
    """Training examples: every question in answer mode, and in rationale mode where a program was kept.

    A rationale is rendered by templates from the trace of the chosen program: what the program saw and did,
    with its boxes on a 0-1000 grid. One that states anything else does not pass the faithfulness check. A
    language model may reword it; its text is used only if it passes the same check.
    """
    store = artifact_store.open()
    opened: AbstractContextManager[Rewriter | None] = (
        program_sampler.open_rewriter(config.rewriter) if config.rewrite else nullcontext()
    )
    with opened as rewriter:
        return materialize_shards(
            context, store, lambda shard: build_examples(store, shard, rewriter=rewriter), sample_examples
        )
