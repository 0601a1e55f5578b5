"""Against a real MLflow on SQLite; the student behind the registered model is a fake."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from vpd.errors import RegistryError, StoreError
from vpd.evaluation.registry import champion_check, load_model, promote, register
from vpd.evaluation.results import Evaluation
from vpd.evaluation.tracking import Tracking
from vpd.records import IMAGES, PREDICTIONS
from vpd.store import ArtifactStore

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("_tiny_student"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning:mlflow"),
    pytest.mark.filterwarnings("ignore:.*:FutureWarning:mlflow"),
    pytest.mark.filterwarnings("ignore:.*:pandas.errors.Pandas4Warning"),
]

Evaluated = Callable[[float], Evaluation]


def test_register_gives_a_loadable_model_with_lineage(
    store: ArtifactStore, tracking: Tracking, checkpoint: Path, evaluated: Evaluated
) -> None:
    done = evaluated(0.7)
    registered = register(tracking, store, checkpoint, done)
    version = tracking.client().get_model_version_by_alias(registered.name, "challenger")
    assert str(version.version) == registered.version == "1"
    assert version.tags["vpd.evaluation_id"] == done.evaluation_id
    assert version.tags["vpd.run_id"] == done.runs["student"]
    document = store.get_document(f"models/{registered.name}-1")
    assert document is not None
    assert document["run_id"] == done.runs["student"]
    picture = store.get_blob(store.read_shard(IMAGES, "toy-000")["image_id"][0])
    model = load_model(tracking, f"models:/{registered.name}/1")
    (path := checkpoint.parent / "picture.png").write_bytes(picture)
    given = [picture, str(path), base64.b64encode(picture).decode()]
    said = model.predict([{"image": image, "question": "What color is it?"} for image in given])
    assert list(said["answer"]) == ["red"] * 3
    assert set(said["rationale"]) == {"96 wide [0 0 500 500]. The answer is red."}


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


def test_champion_moves_only_to_a_model_that_is_no_worse(
    store: ArtifactStore, tracking: Tracking, checkpoint: Path, evaluated: Evaluated
) -> None:
    champions = []
    for right in (0.6, 0.3, 0.6, 1.0):
        done = evaluated(right)
        registered = register(tracking, store, checkpoint, done)
        check = promote(tracking, store, registered, done)
        champion = tracking.client().get_model_version_by_alias(registered.name, "champion")
        champions.append((check.passed, str(champion.version)))
    assert champions == [(True, "1"), (False, "1"), (True, "1"), (True, "3")]
    aliases = tracking.client().get_registered_model("vpd-student").aliases
    assert {alias: str(version) for alias, version in aliases.items()} == {"champion": "3"}


def test_champion_check_compares_on_shared_questions_alone(
    store: ArtifactStore, evaluated: Evaluated
) -> None:
    old, new = evaluated(0.5), evaluated(1.0)
    shard = old.result("student", "answer").shard
    frame = store.read_shard(PREDICTIONS, shard)
    store.write_shard(PREDICTIONS, shard, frame.head(20), "fewer questions")
    check = champion_check(store, new, old)
    assert check.passed
    assert check.questions == 20
    assert check.champion_accuracy == frame.head(20)["correct"].mean()


def test_champion_check_on_other_questions_does_not_pass(store: ArtifactStore, evaluated: Evaluated) -> None:
    old, new = evaluated(0.5), evaluated(1.0)
    shard = old.result("student", "answer").shard
    store.write_shard(PREDICTIONS, shard, store.read_shard(PREDICTIONS, shard).head(5), "other questions")
    check = champion_check(store, new, old)
    assert not check.passed
    assert check.questions == 5


def test_promote_over_a_champion_whose_evaluation_is_elsewhere_does_not_pass(
    store: ArtifactStore, tracking: Tracking, checkpoint: Path, evaluated: Evaluated
) -> None:
    first, second = evaluated(0.5), evaluated(1.0)
    promote(tracking, store, register(tracking, store, checkpoint, first), first)
    store.objects.delete(f"documents/evaluations/{first.evaluation_id}.json")
    check = promote(tracking, store, register(tracking, store, checkpoint, second), second)
    assert not check.passed
    assert store.uri in check.reason


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


def test_find_or_start_run_gives_the_same_run_for_the_same_tags(tracking: Tracking) -> None:
    first = tracking.find_or_start_run("a", {"vpd.asset_key": "report", "vpd.part": "1"})
    assert tracking.find_or_start_run("b", {"vpd.asset_key": "report", "vpd.part": "1"}) == first
    assert tracking.find_or_start_run("a", {"vpd.asset_key": "report", "vpd.part": "2"}) != first
    assert first in tracking.run_url(first, "http://127.0.0.1:5000")
