"""The model registry: versions with their lineage, and a champion that only a better model replaces.

A version is one checkpoint: registering the same files again gives the version they already have, with its
evaluation brought up to date. Alias `challenger` marks the version that was registered last, `champion` the
one to use. The store keeps a document `models/<name>-<version>` for lineage.
"""

import base64
import io
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from PIL import Image

from vpd.errors import ConfigError, StoreError
from vpd.evaluation.evaluate import STUDENT
from vpd.evaluation.results import Evaluation, find_evaluation
from vpd.evaluation.tracking import Tracking
from vpd.records import PREDICTIONS, stable_id
from vpd.store import ArtifactStore

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

MODEL_NAME = "vpd-student"
CHAMPION = "champion"
CHALLENGER = "challenger"
_NO_MODEL = {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}
SHARED_QUESTIONS = 0.5  # a comparison rests on at least this share of the new model's test questions


@dataclass(frozen=True)
class Registered:
    """A version in the registry, and whether this call made it."""

    name: str
    version: str
    created: bool


@dataclass(frozen=True)
class ChampionCheck:
    """Whether a model may become champion, and the two accuracies (0 to 1) that decided."""

    passed: bool
    reason: str
    new_accuracy: float
    champion_accuracy: float | None
    questions: int


def register(
    tracking: Tracking,
    store: ArtifactStore,
    checkpoint: Path,
    evaluation: Evaluation,
    name: str = MODEL_NAME,
) -> Registered:
    """Register a student's checkpoint folder as a model version, or find the version it already has.

    The version's files go to the MLflow run of the training. Raises StoreError if the store does not know
    the training run, RegistryError if MLflow cannot be reached; run again, nothing is registered twice.
    """
    lineage = _lineage(store, evaluation)
    tags = {f"vpd.{key}": str(value) for key, value in lineage.items()}
    client = tracking.client()
    with tracking.errors(f"register {checkpoint} as {name!r}"):
        _ensure_model(client, name)
        found = _find_version(client, name, lineage["checkpoint_sha256"])
        run_id = lineage["mlflow_run_id"] or tracking.find_or_start_run(name, tags)
        version = found or _create_version(client, name, checkpoint, run_id, tags)
        for key, value in tags.items() if found else ():
            client.set_model_version_tag(name, version.version, key, value)
        registered = Registered(name, str(version.version), created=found is None)
        if _aliased(client, name, CHAMPION) != registered.version:
            client.set_registered_model_alias(name, CHALLENGER, registered.version)
    document = {"name": name, "version": registered.version, "source": version.source, **lineage}
    store.put_document(f"models/{name}-{registered.version}", document)
    return registered


def champion_check(store: ArtifactStore, new: Evaluation, current: Evaluation | None) -> ChampionCheck:
    """Compare two students in answer mode on the test questions both were asked; as good is good enough.

    Raises MissingShardError if the predictions of one of them are gone.
    """
    if current is None:
        accuracy = new.result(STUDENT, "answer").accuracy
        return ChampionCheck(True, "there is no champion yet", accuracy.mean, None, accuracy.n)
    ours, theirs = _scores(store, new), _scores(store, current)
    shared = ours.join(theirs, on="question_id", suffix="_champion")
    if shared.height < SHARED_QUESTIONS * ours.height:
        reason = (
            f"the champion was asked only {shared.height} of the {ours.height} test questions: "
            "evaluate its checkpoint on them first"
        )
        return ChampionCheck(False, reason, new.result(STUDENT, "answer").accuracy.mean, None, shared.height)
    mine, champion = (float(shared[c].mean()) for c in ("correct", "correct_champion"))  # type: ignore[arg-type]
    word = "no worse than" if mine >= champion else "worse than"
    reason = f"{mine:.1%} is {word} the champion's {champion:.1%} on {shared.height} shared test questions"
    return ChampionCheck(mine >= champion, reason, mine, champion, shared.height)


def promote(
    tracking: Tracking, store: ArtifactStore, registered: Registered, evaluation: Evaluation
) -> ChampionCheck:
    """Make a version the champion if `champion_check` passes; otherwise nothing changes."""
    client = tracking.client()
    name, version = registered.name, registered.version
    with tracking.errors(f"look up the champion of {name!r}"):
        present = _aliased(client, name, CHAMPION)
        if present == version:
            accuracy = evaluation.result(STUDENT, "answer").accuracy
            return ChampionCheck(True, "it is the champion", accuracy.mean, accuracy.mean, accuracy.n)
        tags = client.get_model_version(name, present).tags if present else {}
    check = _check_against(store, evaluation, present, tags)
    if check.passed:
        with tracking.errors(f"make version {version} of {name!r} champion"):
            client.set_registered_model_alias(name, CHAMPION, version)
            if _aliased(client, name, CHALLENGER) == version:
                client.delete_registered_model_alias(name, CHALLENGER)
    return check


def load_model(tracking: Tracking, uri: str) -> Any:
    """Load a registered model by `models:/NAME@ALIAS` or `models:/NAME/VERSION`; it has `predict(records)`.

    For a process of its own, such as the command line: MLflow is pointed at this registry as a whole.
    Raises ConfigError if there is no such model, RegistryError if the registry cannot be reached.
    """
    import mlflow
    from mlflow.environment_variables import MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR
    from mlflow.exceptions import MlflowException

    tracking.client()
    mlflow.set_tracking_uri(tracking.uri)
    mlflow.set_registry_uri(tracking.uri)
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR.set(False)
    with tracking.errors(f"load {uri}"):
        try:
            return _pyfunc().load_model(uri)
        except MlflowException as error:
            if error.error_code not in _NO_MODEL:
                raise
            raise ConfigError(
                f"there is no {uri} in the registry {tracking.uri}: train and register a student with "
                "`vpd demo`, or name a version that `mlflow models` lists with --model"
            ) from error


def _check_against(
    store: ArtifactStore, evaluation: Evaluation, present: str | None, tags: Mapping[str, str]
) -> ChampionCheck:
    if present is None:
        return champion_check(store, evaluation, None)
    current = find_evaluation(store, tags.get("vpd.evaluation_id", ""))
    if current is not None:
        return champion_check(store, evaluation, current)
    accuracy = evaluation.result(STUDENT, "answer").accuracy
    reason = f"no evaluation of champion version {present} in {store.uri}: evaluate its checkpoint here first"
    return ChampionCheck(False, reason, accuracy.mean, None, 0)


def _scores(store: ArtifactStore, evaluation: Evaluation) -> pl.DataFrame:
    shard = evaluation.result(STUDENT, "answer").shard
    return store.read_shard(PREDICTIONS, shard).select("question_id", "correct")


def _lineage(store: ArtifactStore, evaluation: Evaluation) -> dict[str, Any]:
    """Return what the version was made from: the document of the model, and the tags of its version."""
    run = store.get_document(f"runs/{evaluation.runs[STUDENT]}")
    if run is None:
        raise StoreError(
            f"training run {evaluation.runs[STUDENT]} is not in {store.uri}: materialise vlm_checkpoint again"
        )
    return {
        "run_id": evaluation.runs[STUDENT],
        "mlflow_run_id": run["mlflow_run_id"],
        "checkpoint_sha256": evaluation.checkpoints[STUDENT],
        "dataset_digest": stable_id(run["digests"]),
        "shards": len(run["digests"]),
        "evaluation_id": evaluation.evaluation_id,
        "store": store.uri,
        "scorer": evaluation.scorer,
        "accuracy_answer": round(evaluation.result(STUDENT, "answer").accuracy.mean, 4),
        "accuracy_rationale": round(evaluation.result(STUDENT, "rationale").accuracy.mean, 4),
    }


def _ensure_model(client: "MlflowClient", name: str) -> None:
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name, description="Visual Program Distillation student")


def _find_version(client: "MlflowClient", name: str, checkpoint_sha256: str) -> "ModelVersion | None":
    versions = client.search_model_versions(f"name = '{name}'")
    return next((v for v in versions if v.tags.get("vpd.checkpoint_sha256") == checkpoint_sha256), None)


def _aliased(client: "MlflowClient", name: str, alias: str) -> str | None:
    version = client.get_registered_model(name).aliases.get(alias)
    return None if version is None else str(version)


def _create_version(
    client: "MlflowClient", name: str, checkpoint: Path, run_id: str, tags: dict[str, str]
) -> "ModelVersion":
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model"
        _pyfunc().save_model(
            path=str(model),
            python_model=str(Path(__file__).with_name("pyfunc.py")),
            artifacts={"checkpoint": str(checkpoint)},
            pip_requirements=[f"vpd=={installed('vpd')}"],
            **_interface(),
        )
        client.log_artifacts(run_id, str(model), "model")
    return client.create_model_version(name, f"runs:/{run_id}/model", run_id=run_id, tags=tags)


def _pyfunc() -> Any:
    """Import MLflow's pyfunc without what that import warns about MLflow's own type hints."""
    with warnings.catch_warnings(action="ignore", category=UserWarning):
        import mlflow.pyfunc

    return mlflow.pyfunc


def _interface() -> dict[str, Any]:
    """Return signature and example: `image` is of any type because bytes, path and base64 are all taken."""
    import pandas as pd
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema
    from mlflow.types.schema import AnyType

    inputs = Schema([ColSpec(AnyType(), "image"), ColSpec("string", "question")])
    outputs = Schema([ColSpec("string", "answer"), ColSpec("string", "rationale")])
    black = io.BytesIO()
    Image.new("RGB", (8, 8)).save(black, "PNG")
    image = base64.b64encode(black.getvalue()).decode()
    example = pd.DataFrame([{"image": image, "question": "How many cubes are there?"}])
    return {"signature": ModelSignature(inputs, outputs), "input_example": example}
