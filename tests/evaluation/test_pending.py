"""A registry that goes away and comes back: a real MLflow server, stopped and started."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.mlflow_marks import REGISTRY
from tests.mlflow_server import MlflowServer
from vpd.cli import app
from vpd.errors import RegistryError
from vpd.evaluation.pending import note, register_pending
from vpd.evaluation.promotion import promote, rollback
from vpd.evaluation.results import Evaluation
from vpd.evaluation.tracking import Tracking, run_identity
from vpd.store import ArtifactStore

pytestmark = [*REGISTRY, pytest.mark.usefixtures("_tiny_student")]
Evaluated = Callable[[float], Evaluation]


@pytest.fixture
def server(tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MlflowServer]:
    (database := tmp_path / "server.db").write_bytes(empty_database.read_bytes())
    server = MlflowServer(tmp_path, database, monkeypatch)
    yield server
    server.stop()


def test_students_that_met_a_registry_that_was_down_register_later_with_all_they_have(
    store: ArtifactStore,
    server: MlflowServer,
    evaluated: Evaluated,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tracking = Tracking(server.uri)
    server.start()
    done = [evaluated(right) for right in (0.3, 1.0)]
    run = store.get_document(f"runs/{done[0].runs['student']}") or {}
    begun = tracking.find_or_start_run("student", run_identity("student", run["fingerprint"]))
    tracking.log_history(begun, run["history"][:1])

    server.stop()
    with pytest.raises(RegistryError):
        tracking.log_history(begun, run["history"])
    for evaluation in done:
        note(store, evaluation)
        with pytest.raises(RegistryError, match="nothing in the store was lost"):
            list(register_pending(tracking, store, tmp_path / "cache", "in time", {}))
    assert len(store.documents("pending/")) == 2

    server.start()
    monkeypatch.setenv("VPD_MLFLOW_URI", server.uri)
    monkeypatch.setenv("VPD_STORE", store.uri)
    monkeypatch.setenv("VPD_HOME", str(tmp_path / "home"))
    assert CliRunner().invoke(app, ["promote", "--pending"]).exit_code == 0
    assert store.documents("pending/") == []
    assert store.documents("models/") == ["models/vpd-student-1", "models/vpd-student-2"]
    client = tracking.client()
    champion = client.get_model_version_by_alias("vpd-student", "champion")
    assert champion.tags["vpd.evaluation_id"] == done[1].evaluation_id
    first = client.get_run(client.get_model_version("vpd-student", "1").run_id)
    assert first.info.run_id == begun
    assert first.info.status == "FINISHED"
    assert [m.step for m in client.get_metric_history(begun, "loss")] == [1, 2, 3]
    card = client.download_artifacts(begun, "model/README.md", str(tmp_path))
    assert done[0].runs["student"] in Path(card).read_text()


def test_registration_that_is_repeated_changes_nothing_and_drops_what_the_store_lost(
    store: ArtifactStore, tracking: Tracking, evaluated: Evaluated, tmp_path: Path
) -> None:
    kept, lost = evaluated(0.8), evaluated(0.3)
    store.delete_document(f"evaluations/{lost.evaluation_id}")
    for _ in range(2):
        note(store, lost)
        note(store, kept)
        outcomes = list(register_pending(tracking, store, tmp_path / "cache", "again", {}))
        assert [(o.evaluation_id, o.registered.version) for o in outcomes] == [(kept.evaluation_id, "1")]
        assert store.documents("pending/") == []


def test_pipeline_does_not_bring_back_what_was_rolled_back(
    store: ArtifactStore, tracking: Tracking, evaluated: Evaluated, tmp_path: Path
) -> None:
    for right in (0.3, 1.0):
        note(store, evaluated(right))
    list(register_pending(tracking, store, tmp_path / "cache", "passed", {}))
    rollback(tracking, "a mistake")
    note(store, evaluated(1.0))
    (again,) = register_pending(tracking, store, tmp_path / "cache", "passed", {})
    assert not again.check.passed
    assert promote(tracking, store, again.registered.version, "no mistake").passed
