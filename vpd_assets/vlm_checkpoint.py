"""Asset `vlm_checkpoint`: the student and its Instruct twin, trained on all chosen shards."""

from typing import Any

import dagster as dg

from resources.artifact_store import ArtifactStoreResource
from resources.gpu_cluster import GpuClusterResource
from resources.mlflow_tracking import MlflowTrackingResource
from vpd.fitness.check import check_examples
from vpd.fitness.report import require_fit
from vpd_assets.cot_dataset import cot_dataset
from vpd_assets.decorators import model_asset
from vpd_assets.markdown import inline_png
from vpd_assets.preference import plan_preference, preference_metadata
from vpd_assets.shards import SETTINGS
from vpd_assets.training import (
    ARMS,
    Training,
    chosen_sources,
    plan,
    record_or_warn,
    run_metadata,
    summary,
    train_or_find,
    training_shards,
)


@model_asset(
    kinds={"pytorch", "deepspeed", "mlflow"},
    code_version="1",
    cost="gpu",
    deps=[cot_dataset],
    pool="train-gpu",
)
def vlm_checkpoint(
    context: dg.AssetExecutionContext,
    config: Training,
    artifact_store: ArtifactStoreResource,
    gpu_cluster: GpuClusterResource,
    mlflow_tracking: MlflowTrackingResource,
) -> dg.MaterializeResult[Any]:
    """Two checkpoints: the student, trained on answers and rationales, and its twin, on answers alone.

    Same data, order, steps and seed, so that what sets them apart is the rationales. The loss is label plus
    rationale, each normalised by its length. After an interruption training goes on from its last checkpoint.
    With `preference_steps` the student goes on to a second stage, whose model is the one that is evaluated.
    """
    from vpd.distill.plot import loss_curves

    store = artifact_store.open()
    shards = training_shards(store, chosen_sources(config))
    require_fit(check_examples(store, shards))
    links = mlflow_tracking.links(context)
    plans = [plan(arm, config, shards, artifact_store, mlflow_tracking, links) for arm in ARMS]
    runs = {planned.arm: train_or_find(context, store, planned, gpu_cluster) for planned in plans}
    pages = record_or_warn(context, mlflow_tracking, runs)
    curves = loss_curves({arm: run["history"] for arm, run in runs.items()})
    metadata: dict[str, Any] = {
        "summary": summary(runs),
        "losses": dg.MetadataValue.md(inline_png(curves)),
        SETTINGS: dg.MetadataValue.json(config.model_dump(exclude_unset=True)),
    }
    for arm, run in runs.items():
        metadata |= run_metadata(arm, run, pages.get(arm))
    version = runs["student"]["fingerprint"]
    if config.preference_steps:
        planned = plan_preference(plans[0], runs["student"], config.preference_steps, store)
        preferred = train_or_find(context, store, planned, gpu_cluster)
        pages = record_or_warn(context, mlflow_tracking, {"student": preferred})
        metadata |= preference_metadata(preferred, pages.get("student"))
        version = preferred["fingerprint"]
    return dg.MaterializeResult(metadata=metadata, data_version=dg.DataVersion(version))
