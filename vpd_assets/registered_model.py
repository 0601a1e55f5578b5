"""Asset `registered_model`: a version in the MLflow registry, and the champion if it is good enough."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from resources.artifact_store import ArtifactStoreResource
from resources.mlflow_tracking import MlflowTrackingResource
from vpd.errors import RegistryError
from vpd.evaluation.champion import Difference
from vpd.evaluation.results import load_evaluation
from vpd.settings import load_settings
from vpd_assets.decorators import model_asset
from vpd_assets.evaluated import reported
from vpd_assets.evaluation_report import evaluation_report
from vpd_assets.markdown import markdown_table

CHECK = dg.AssetCheckSpec(
    "no_worse_than_champion",
    asset="registered_model",
    blocking=True,
    description="The new model is no worse than the champion on the test questions that both were asked, in "
    "both modes and in every family.",
)


@model_asset(kinds={"mlflow"}, code_version="2", cost="cpu", deps=[evaluation_report], check_specs=[CHECK])
def registered_model(
    context: dg.AssetExecutionContext,
    artifact_store: ArtifactStoreResource,
    mlflow_tracking: MlflowTrackingResource,
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """The student as a pyfunc model that takes a picture and a question, with its lineage as tags.

    Alias `challenger` marks the new version. Alias `champion` moves to it only if the check finds it no worse
    than the present champion. If the registry is down, the student waits in the store: the next run registers
    it, or `vpd promote --pending`.
    """
    from vpd.evaluation.pending import note, register_pending

    store, tracking = artifact_store.open(), mlflow_tracking.tracking
    evaluated = reported(context.instance, evaluation_report.key)
    evaluation = load_evaluation(store, str(evaluated["evaluation_id"].value))
    note(store, evaluation)
    cache, links = load_settings().home.resolve() / "cache" / "runs", mlflow_tracking.links(context)
    reason = f"passed the check of registered_model in Dagster run {context.run.run_id}"
    try:
        outcomes = list(register_pending(tracking, store, cache, reason, links))
    except RegistryError as error:
        raise RegistryError(
            f"{error}. The student waits as pending/{evaluation.evaluation_id} in {store.uri}: "
            "`vpd promote --pending` or the next run of registered_model registers it"
        ) from error
    done = next(o for o in outcomes if o.evaluation_id == evaluation.evaluation_id)
    version, check = done.registered, done.check
    alias = "champion" if check.passed else "challenger"
    yield dg.MaterializeResult(
        metadata={
            "summary": f"{version.name} version {version.version} is {alias}: {check.reason}",
            "version": version.version,
            "alias": alias,
            "waited": len(outcomes) - 1,
        }
    )
    yield dg.AssetCheckResult(
        check_name=CHECK.name,
        passed=check.passed,
        metadata={
            "reason": check.reason,
            "accuracy": check.new_accuracy,
            "questions": check.questions,
            "differences": dg.MetadataValue.md(_table(check.differences)),
        },
    )


def _table(differences: Sequence[Difference]) -> str:
    """Return what the check compared, in points of accuracy, as a Markdown table."""
    rows = [
        {
            "mode": d.mode,
            "family": d.family or "all",
            "questions": d.questions,
            "pictures": d.pictures,
            "new minus champion": f"{100 * d.mean:+.1f} [{100 * d.low:+.1f}, {100 * d.high:+.1f}]",
            "decides": "no: few pictures" if not d.decides else "worse" if d.worse else "no worse",
        }
        for d in differences
    ]
    return markdown_table(rows) if rows else "nothing to compare with"
