"""Asset `registered_model`: a version in the MLflow registry, and the champion if it is good enough."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from resources.artifact_store import ArtifactStoreResource
from resources.mlflow_tracking import MlflowTrackingResource
from vpd.evaluation.evaluate import STUDENT
from vpd.evaluation.results import load_evaluation
from vpd.settings import load_settings
from vpd_assets.decorators import model_asset
from vpd_assets.evaluated import reported
from vpd_assets.evaluation_report import evaluation_report

CHECK = dg.AssetCheckSpec(
    "no_worse_than_champion",
    asset="registered_model",
    blocking=True,
    description="The new model is no worse than the champion on the test questions that both were asked.",
)


@model_asset(kinds={"mlflow"}, code_version="1", cost="cpu", deps=[evaluation_report], check_specs=[CHECK])
def registered_model(
    context: dg.AssetExecutionContext,
    artifact_store: ArtifactStoreResource,
    mlflow_tracking: MlflowTrackingResource,
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """The student as a pyfunc model that takes a picture and a question, with its lineage as tags.

    Alias `challenger` marks the new version. Alias `champion` moves to it only if the check finds it no worse
    than the present champion in answer mode.
    """
    from vpd.distill.checkpoint import fetch_run
    from vpd.evaluation.registry import promote, register

    store, tracking = artifact_store.open(), mlflow_tracking.tracking
    evaluated = reported(context.instance, evaluation_report.key)
    evaluation = load_evaluation(store, str(evaluated["evaluation_id"].value))
    files = fetch_run(store, evaluation.runs[STUDENT], load_settings().home.resolve() / "cache" / "runs")
    version = register(tracking, store, files, evaluation)
    check = promote(tracking, store, version, evaluation)
    alias = "champion" if check.passed else "challenger"
    yield dg.MaterializeResult(
        metadata={
            "summary": f"{version.name} version {version.version} is {alias}: {check.reason}",
            "version": version.version,
            "alias": alias,
        }
    )
    yield dg.AssetCheckResult(
        check_name=CHECK.name,
        passed=check.passed,
        metadata={"reason": check.reason, "accuracy": check.new_accuracy, "questions": check.questions},
    )
