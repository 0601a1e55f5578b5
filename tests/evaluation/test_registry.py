"""Against a real MLflow on SQLite; the student behind the registered model is a fake."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow.exceptions import MlflowException

from tests.mlflow_marks import REGISTRY
from vpd.errors import RegistryError, StoreError
from vpd.evaluation.registry import load_model, register
from vpd.evaluation.results import Evaluation
from vpd.evaluation.tracking import Tracking
from vpd.records import IMAGES
from vpd.store import ArtifactStore

pytestmark = [*REGISTRY, pytest.mark.usefixtures("_tiny_student")]
Evaluated = Callable[[float], Evaluation]


def test_register_gives_a_loadable_model_with_lineage(
    store: ArtifactStore, tracking: Tracking, checkpoint: Path, evaluated: Evaluated
) -> None:
    done = evaluated(0.7)
    registered = register(tracking, store, checkpoint, done, tags={"vpd.dagster_run_id": "d1"})
    version = tracking.client().get_model_version_by_alias(registered.name, "challenger")
    assert str(version.version) == registered.version == "1"
    assert version.tags["vpd.evaluation_id"] == done.evaluation_id
    assert version.tags["vpd.run_id"] == done.runs["student"]
    assert version.tags["vpd.dagster_run_id"] == "d1"
    document = store.get_document(f"models/{registered.name}-1")
    assert document is not None
    assert document["run_id"] == done.runs["student"]
    picture = store.get_blob(store.read_shard(IMAGES, "toy-000")["image_id"][0])
    model = load_model(tracking, f"models:/{registered.name}/1")
    given = [picture, base64.b64encode(picture).decode()]
    records = [{"image": image, "question": "What color is it?"} for image in given]
    said = model.predict(records)
    assert list(said["answer"]) == ["red"] * 2
    assert set(said["rationale"]) == {"96 wide [0 0 500 500]. The answer is red."}
    assert list(model.predict(records, params={"mode": "answer"}).columns) == ["answer"]


def test_registered_model_refuses_what_is_no_picture_even_a_path_to_one(
    store: ArtifactStore, tracking: Tracking, checkpoint: Path, evaluated: Evaluated, tmp_path: Path
) -> None:
    registered = register(tracking, store, checkpoint, evaluated(0.7))
    model = load_model(tracking, f"models:/{registered.name}/1")
    picture = store.get_blob(store.read_shard(IMAGES, "toy-000")["image_id"][0])
    (path := tmp_path / "picture.png").write_bytes(picture)
    for image in (str(path), b"no picture", base64.b64encode(b"no picture").decode(), "~", None):
        with pytest.raises(MlflowException, match="record 1"):
            model.predict([{"image": i, "question": "Color?"} for i in (picture, image)])
    with pytest.raises(MlflowException, match="rationale"):
        model.predict([{"image": picture, "question": "Color?"}], params={"mode": "program"})


def test_registered_version_has_signature_example_and_card(
    store: ArtifactStore, tracking: Tracking, checkpoint: Path, evaluated: Evaluated
) -> None:
    done = evaluated(0.7)
    registered = register(tracking, store, checkpoint, done)
    client = tracking.client()
    version = client.get_model_version(registered.name, registered.version)
    card = Path(client.download_artifacts(version.run_id, "model/README.md")).read_text()
    assert card.startswith("---\n")
    assert card.endswith(version.description)
    assert version.description.startswith("# vpd-student")
    for fact in ("ab" * 32, done.runs["student"], f"{done.result('student', 'answer').accuracy.mean:.1%}"):
        assert fact in card
    info = load_model(tracking, f"models:/{registered.name}/1").metadata
    assert info.signature.inputs.input_names() == ["image", "question"]
    assert info.signature.params.params[0].name == "mode"
    assert info.saved_input_example_info is not None


def test_register_the_same_checkpoint_again_gives_the_version_it_has(
    store: ArtifactStore, tracking: Tracking, checkpoint: Path, evaluated: Evaluated
) -> None:
    done = evaluated(0.7)
    first = register(tracking, store, checkpoint, done)
    later = register(tracking, store, checkpoint, done.model_copy(update={"evaluation_id": "later"}))
    assert (first.created, later.created) == (True, False)
    assert later.version == first.version
    versions = tracking.client().search_model_versions(f"name = '{first.name}'")
    assert [v.tags["vpd.evaluation_id"] for v in versions] == ["later"]


def test_register_goes_on_after_the_store_failed(
    store: ArtifactStore,
    tracking: Tracking,
    checkpoint: Path,
    evaluated: Evaluated,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = evaluated(0.7)
    with monkeypatch.context() as broken:
        broken.setattr(store.objects, "put", lambda name, data: (_ for _ in ()).throw(StoreError("full")))
        with pytest.raises(StoreError, match="full"):
            register(tracking, store, checkpoint, done)
    again = register(tracking, store, checkpoint, done)
    assert (again.version, again.created) == ("1", False)
    assert store.documents("models/") == ["models/vpd-student-1"]


def test_register_with_mlflow_down_loses_nothing(
    store: ArtifactStore, checkpoint: Path, evaluated: Evaluated, tmp_path: Path
) -> None:
    done = evaluated(0.7)
    (tmp_path / "blocked").write_text("a file where a folder should be")
    for uri in ("http://127.0.0.1:9", f"sqlite:///{tmp_path}/blocked/mlflow.db"):
        with pytest.raises(RegistryError, match="VPD_MLFLOW_URI"):
            register(Tracking(uri), store, checkpoint, done)
    assert store.get_document(f"evaluations/{done.evaluation_id}") is not None
    assert store.documents("models/") == []
