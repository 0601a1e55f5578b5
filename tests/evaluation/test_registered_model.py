"""The asset `registered_model` over a real MLflow on SQLite."""

from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest

from resources.artifact_store import ArtifactStoreResource
from resources.mlflow_tracking import MlflowTrackingResource
from tests.mlflow_marks import REGISTRY
from vpd.errors import RegistryError
from vpd.evaluation.results import Evaluation
from vpd.evaluation.tracking import Tracking
from vpd.store import ArtifactStore
from vpd_assets.registered_model import CHECK, registered_model

pytestmark = [*REGISTRY, pytest.mark.usefixtures("_tiny_student")]
Evaluated = Callable[[float], Evaluation]


@pytest.fixture
def instance(
    store: ArtifactStore, tracking: Tracking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("VPD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("VPD_STORE", store.uri)
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def materialize(
    instance: dg.DagsterInstance, evaluation: Evaluation, *, raise_on_error: bool = True
) -> dg.ExecuteInProcessResult:
    """Register what an evaluation report says it evaluated."""
    metadata = {"evaluation_id": evaluation.evaluation_id}
    instance.report_runless_asset_event(dg.AssetMaterialization("evaluation_report", metadata=metadata))
    resources = {"artifact_store": ArtifactStoreResource(), "mlflow_tracking": MlflowTrackingResource()}
    return dg.materialize(
        [registered_model], instance=instance, resources=resources, raise_on_error=raise_on_error
    )


def test_asset_makes_the_first_student_champion_and_blocks_a_worse_one(
    instance: dg.DagsterInstance, tracking: Tracking, evaluated: Evaluated
) -> None:
    first = materialize(instance, evaluated(0.9))
    assert first.success
    worse = materialize(instance, evaluated(0.2), raise_on_error=False)
    assert not worse.success
    (told,) = worse.get_asset_check_evaluations()
    assert (told.check_name, told.passed, told.blocking) == (CHECK.name, False, True)
    assert "rationale" in str(told.metadata["differences"].value)
    client = tracking.client()
    aliases = {alias: str(v) for alias, v in client.get_registered_model("vpd-student").aliases.items()}
    assert aliases == {"champion": "1", "challenger": "2"}
    tags = client.get_model_version("vpd-student", "1").tags
    assert tags["vpd.dagster_run_id"] == first.run_id
    assert first.run_id in tags["vpd.promoted_reason"]
    assert tags["vpd.asset_url"].endswith("/assets/registered_model")


def test_student_of_a_run_that_met_a_registry_that_was_down_is_registered_by_the_next_run(
    instance: dg.DagsterInstance,
    store: ArtifactStore,
    tracking: Tracking,
    evaluated: Evaluated,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited, later = evaluated(0.3), evaluated(0.9)
    with monkeypatch.context() as down:
        down.setenv("VPD_MLFLOW_URI", "http://127.0.0.1:9")
        with pytest.raises(RegistryError, match=f"pending/{waited.evaluation_id}.*vpd promote --pending"):
            materialize(instance, waited)
    done = materialize(instance, later).asset_materializations_for_node("registered_model")[0]
    assert done.metadata["waited"].value == 1
    assert done.metadata["version"].value == "2"
    assert store.documents("pending/") == []
    versions = tracking.client().search_model_versions("name = 'vpd-student'")
    known = {str(v.version): v.tags["vpd.evaluation_id"] for v in versions}
    assert known == {"1": waited.evaluation_id, "2": later.evaluation_id}
