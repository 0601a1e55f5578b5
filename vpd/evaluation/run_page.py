"""The MLflow page of a trained arm: all that the store knows of its training and of its evaluation.

A training logs while it runs; what a tracking server missed then is made good here, from the store, so a
server that was down loses nothing. Everything can be written again and changes nothing.

    inputs       the examples (context training) and the test questions (context testing), with digests
    metrics      of the history, by step; test_<mode>/<family> and test_<mode>/all; of the student, the
                 paired differences <first>_minus_<second> with their 95% intervals (_low, _high)
    artifacts    data/examples.json: {shard: sha256}; learning_curves.png of both arms;
                 evaluation/report.html, which shows a gallery of predictions

Not here: the registered model (`vpd.evaluation.registry`).
"""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vpd.evaluation.evaluate import STUDENT
from vpd.evaluation.report import render_report
from vpd.evaluation.results import Evaluation, Share
from vpd.evaluation.tracking import Tracking, run_identity
from vpd.records import canonical_json, stable_id
from vpd.store import ArtifactStore

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput

Documents = Mapping[str, Mapping[str, Any]]
_EVALUATION = "vpd.evaluation_id"


def record_training(tracking: Tracking, runs: Documents) -> dict[str, str]:
    """Complete the MLflow runs of trained arms, {arm: document `runs/...`}; returns {arm: MLflow run id}.

    Raises RegistryError if MLflow cannot be reached.
    """
    from vpd.distill.plot import loss_curves

    curves = loss_curves({arm: run["history"] for arm, run in runs.items()})
    return {arm: _record_arm(tracking, run, curves) for arm, run in runs.items()}


def record_evaluation(
    tracking: Tracking, store: ArtifactStore, evaluation: Evaluation, run_ids: Mapping[str, str]
) -> None:
    """Log an evaluation to the MLflow runs of its arms, {arm: MLflow run id}; the report to the student's.

    Raises RegistryError if MLflow cannot be reached, MissingShardError if a shard that the evaluation rests
    on is gone.
    """
    client = tracking.client()
    for arm, run_id in run_ids.items():
        with tracking.errors(f"log evaluation {evaluation.evaluation_id}"):
            if client.get_run(run_id).data.tags.get(_EVALUATION) == evaluation.evaluation_id:
                continue
            for name, value in evaluation_metrics(evaluation, arm).items():
                client.log_metric(run_id, name, value)
            client.log_inputs(run_id, [_questions(store, evaluation)])
            if arm == STUDENT:
                client.log_text(run_id, render_report(store, evaluation), "evaluation/report.html")
            client.set_tag(run_id, _EVALUATION, evaluation.evaluation_id)


def evaluation_metrics(evaluation: Evaluation, arm: str) -> dict[str, float]:
    """Return an arm's accuracy (0 to 1) by mode and family, and for the student how far it is ahead."""
    metrics: dict[str, float] = {}
    for result in (r for r in evaluation.results if r.model == arm):
        shares = {"all": result.accuracy, **result.families}
        metrics |= {f"test_{result.mode}/{family}": share.mean for family, share in shares.items()}
    for comparison in evaluation.comparisons if arm == STUDENT else ():
        first, second = ("_".join(side) for side in (comparison.first, comparison.second))
        metrics |= dict(_interval(f"{first}_minus_{second}", comparison.difference))
    return metrics


def _interval(name: str, share: Share) -> Iterator[tuple[str, float]]:
    yield name, share.mean
    yield f"{name}_low", share.low
    yield f"{name}_high", share.high


def _record_arm(tracking: Tracking, run: Mapping[str, Any], curves: bytes) -> str:
    run_id = tracking.find_or_start_run(run["arm"], run_identity(run["arm"], run["fingerprint"]))
    settings = {name: value for name, value in run["config"].items() if name != "mlflow"}
    links = (run["config"].get("mlflow") or {}).get("tags", {})  # not set yet if MLflow was down all the time
    tracking.describe(run_id, {**links, "vpd.run_id": run["run_id"]}, settings)
    tracking.log_history(run_id, run["history"])
    client = tracking.client()
    with tracking.errors(f"complete the run of {run['arm']}"), tempfile.TemporaryDirectory() as folder:
        client.log_inputs(run_id, [_examples(run)])
        client.log_dict(run_id, run["digests"], "data/examples.json")
        (picture := Path(folder) / "learning_curves.png").write_bytes(curves)
        client.log_artifact(run_id, str(picture))
    tracking.end_run(run_id)
    return run_id


def _examples(run: Mapping[str, Any]) -> "DatasetInput":
    profile = {"shards": len(run["digests"])}
    profile |= {name: run[name] for name in ("train_questions", "train_rationales") if name in run}
    return _input("examples", stable_id(run["digests"]), run["config"]["store"], profile, "training")


def _questions(store: ArtifactStore, evaluation: Evaluation) -> "DatasetInput":
    profile = {"split": evaluation.split, "questions": evaluation.questions, "pictures": evaluation.pictures}
    return _input("questions", evaluation.question_digest, store.uri, profile, "testing")


def _input(name: str, digest: str, store: str, profile: Mapping[str, Any], context: str) -> "DatasetInput":
    from mlflow.entities import Dataset, DatasetInput, InputTag

    source = canonical_json({"store": store, "table": name})
    kind = "s3" if store.startswith("s3:") else "local"
    dataset = Dataset(name, digest, kind, source, profile=canonical_json(profile))
    return DatasetInput(dataset, [InputTag("mlflow.data.context", context)])
