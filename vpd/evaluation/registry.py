"""The model registry: a student's checkpoint as a version with its lineage, card, signature and example.

A version is one checkpoint: registering the same files again gives the version they already have, with its
evaluation brought up to date. Alias `challenger` marks the version that was registered last. The store keeps
a document `models/<name>-<version>` for lineage.

Not here: who is champion (`vpd.evaluation.promotion`), what waits while the registry is down
(`vpd.evaluation.pending`), the page of the training run (`vpd.evaluation.run_page`).
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

from PIL import Image

from vpd.errors import ConfigError, StoreError
from vpd.evaluation.evaluate import STUDENT
from vpd.evaluation.model_card import card_file, model_card
from vpd.evaluation.promotion import CHALLENGER, CHAMPION, MODEL_NAME, aliased
from vpd.evaluation.results import Evaluation
from vpd.evaluation.run_page import record_evaluation, record_training
from vpd.evaluation.tracking import Tracking
from vpd.records import stable_id
from vpd.store import ArtifactStore

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

CARD = "README.md"
_NO_MODEL = {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}


@dataclass(frozen=True)
class Registered:
    """A version in the registry, and whether this call made it."""

    name: str
    version: str
    created: bool


def register(
    tracking: Tracking,
    store: ArtifactStore,
    checkpoint: Path,
    evaluation: Evaluation,
    name: str = MODEL_NAME,
    tags: Mapping[str, str] | None = None,
) -> Registered:
    """Register a student's checkpoint folder as a model version, or find the version it already has.

    The version's files go to the MLflow run of the training, which is completed first; `tags` are set on the
    version beside its lineage. Raises StoreError if the store does not know the training run, RegistryError
    if MLflow cannot be reached; run again, nothing is registered twice.
    """
    runs = _training_runs(store, evaluation)
    run_ids = record_training(tracking, runs)
    record_evaluation(tracking, store, evaluation, run_ids)
    lineage = _lineage(store, evaluation, runs[STUDENT], run_ids[STUDENT])
    card = model_card(name, evaluation, runs[STUDENT], lineage)
    all_tags = {f"vpd.{key}": str(value) for key, value in lineage.items()} | dict(tags or {})
    client = tracking.client()
    with tracking.errors(f"register {checkpoint} as {name!r}"):
        _ensure_model(client, name)
        found = _find_version(client, name, lineage["checkpoint_sha256"])
        version = found or _create_version(client, name, checkpoint, run_ids[STUDENT], card, all_tags)
        for key, value in all_tags.items() if found else ():
            client.set_model_version_tag(name, version.version, key, value)
        client.update_model_version(name, version.version, description=card)
        registered = Registered(name, str(version.version), created=found is None)
        if aliased(client, name, CHAMPION) != registered.version:
            client.set_registered_model_alias(name, CHALLENGER, registered.version)
    document = {"name": name, "version": registered.version, "source": version.source, **lineage}
    store.put_document(f"models/{name}-{registered.version}", document)
    return registered


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


def _training_runs(store: ArtifactStore, evaluation: Evaluation) -> dict[str, dict[str, Any]]:
    """Return the documents of the evaluated arms that the store has; the student's is needed."""
    documents = {arm: store.get_document(f"runs/{run}") for arm, run in evaluation.runs.items()}
    runs = {arm: document for arm, document in documents.items() if document is not None}
    if STUDENT not in runs:
        raise StoreError(
            f"training run {evaluation.runs[STUDENT]} is not in {store.uri}: materialise vlm_checkpoint again"
        )
    return runs


def _lineage(
    store: ArtifactStore, evaluation: Evaluation, run: Mapping[str, Any], mlflow_run_id: str
) -> dict[str, Any]:
    """Return what the version was made from: the document of the model, and the tags of its version."""
    return {
        "run_id": evaluation.runs[STUDENT],
        "mlflow_run_id": mlflow_run_id,
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


def _create_version(
    client: "MlflowClient", name: str, checkpoint: Path, run_id: str, card: str, tags: dict[str, str]
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
        (model / CARD).write_text(card_file(card))
        client.log_artifacts(run_id, str(model), "model")
    return client.create_model_version(name, f"runs:/{run_id}/model", run_id=run_id, tags=tags)


def _pyfunc() -> Any:
    """Import MLflow's pyfunc without what that import warns about MLflow's own type hints."""
    with warnings.catch_warnings(action="ignore", category=UserWarning):
        import mlflow.pyfunc

    return mlflow.pyfunc


def _interface() -> dict[str, Any]:
    """Return signature and example: `image` is of any type because bytes and base64 text are both taken."""
    import pandas as pd
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema
    from mlflow.types.schema import AnyType

    inputs = Schema([ColSpec(AnyType(), "image"), ColSpec("string", "question")])
    outputs = Schema([ColSpec("string", "answer"), ColSpec("string", "rationale")])
    params = ParamSchema([ParamSpec("mode", "string", "both")])
    black = io.BytesIO()
    Image.new("RGB", (8, 8)).save(black, "PNG")
    image = base64.b64encode(black.getvalue()).decode()
    example = pd.DataFrame([{"image": image, "question": "How many cubes are there?"}])
    return {
        "signature": ModelSignature(inputs, outputs, params),
        "input_example": (example, {"mode": "both"}),
    }
