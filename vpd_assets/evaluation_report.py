"""Asset `evaluation_report`: the student beside its twin, the question-only prior and the programs."""

from typing import Any

import dagster as dg

from resources.artifact_store import ArtifactStoreResource
from vpd.evaluation.arms import VERSION, trained_arm
from vpd.settings import load_settings
from vpd_assets.decorators import model_asset
from vpd_assets.evaluated import headline, reported, results_table
from vpd_assets.shards import Metadata
from vpd_assets.training import ARMS
from vpd_assets.vlm_checkpoint import vlm_checkpoint


@model_asset(kinds={"pytorch"}, code_version=VERSION, cost="gpu", deps=[vlm_checkpoint], pool="train-gpu")
def evaluation_report(
    context: dg.AssetExecutionContext, artifact_store: ArtifactStoreResource
) -> dg.MaterializeResult[Any]:
    """Accuracy on held-out pictures: student, Instruct twin, question-only prior, and the programs.

    Answer mode and rationale mode are apart; differences are paired, with bootstrap intervals over pictures.
    The report is one HTML file that needs nothing else.
    """
    from vpd.evaluation.evaluate import evaluate
    from vpd.evaluation.report import render_report
    from vpd.inspect.html import write_page

    store, home = artifact_store.open(), load_settings().home.resolve()
    trained = reported(context.instance, vlm_checkpoint.key)
    student, twin = (
        trained_arm(store, arm, str(trained[f"{arm}_run"].value), home / "cache" / "runs") for arm in ARMS
    )
    evaluation = evaluate(store, student, twin, progress=context.log.info)
    report = home / "reports" / f"{evaluation.evaluation_id}.html"
    write_page(render_report(store, evaluation), report)
    metadata: Metadata = {
        "summary": headline(evaluation),
        "results": dg.MetadataValue.md(results_table(evaluation)),
        "report": dg.MetadataValue.url(report.as_uri()),
        "questions": evaluation.questions,
        "evaluation_id": evaluation.evaluation_id,
    }
    return dg.MaterializeResult(metadata=metadata, data_version=dg.DataVersion(evaluation.evaluation_id))
