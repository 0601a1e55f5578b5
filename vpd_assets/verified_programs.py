"""Asset `verified_programs`: a verdict on every candidate for every question."""

from typing import Any

import dagster as dg
from pydantic import Field

from resources.artifact_store import ArtifactStoreResource
from vpd.verification.stage import STAGE, LabelledPolicy, verify_programs
from vpd_assets.decorators import shard_asset
from vpd_assets.execution_traces import execution_traces
from vpd_assets.program_probes import program_probes
from vpd_assets.questions import questions
from vpd_assets.sampled_programs import sampled_programs
from vpd_assets.shards import materialize_shards
from vpd_assets.verdict_samples import sample_verdicts


class VerificationConfig(dg.Config):
    """Which candidates are kept."""

    policy: LabelledPolicy = Field(
        default="probed",
        description="For labelled questions. label: the answer equals a label; probed: and no probe denies "
        "it; agreement: as if there were no labels; unfiltered: the first that answered, right or not",
    )
    alike: float = Field(
        default=0.5,
        gt=0.0,
        le=1.0,
        description="Share of the candidates that have to mean the same where there is no label",
    )
    first: int | None = Field(
        default=None, ge=1, description="Judge only so many candidates of each text; empty: all"
    )


@shard_asset(
    STAGE,
    group="programs",
    kinds={"parquet"},
    cost="cpu",
    deps=[questions, sampled_programs, execution_traces, program_probes],
)
def verified_programs(
    context: dg.AssetExecutionContext, config: VerificationConfig, artifact_store: ArtifactStoreResource
) -> dg.MaterializeResult[Any]:
    """Verdicts: which candidates are right, and which one becomes the rationale.

    A candidate of a labelled question is kept when its answer equals a label and that is no luck: it does
    well on other pictures, no worse than any other candidate, and it looks. Of an unlabelled one, when most
    candidates mean the same. Refused candidates stay, with the reason. What other policies would keep is in
    the column `kept_by`.
    """
    store = artifact_store.open()
    return materialize_shards(
        context,
        store,
        lambda shard: verify_programs(
            store, shard, policy=config.policy, alike=config.alike, first=config.first
        ),
        sample_verdicts,
    )
