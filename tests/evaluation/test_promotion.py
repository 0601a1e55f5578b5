"""Promotion and rollback against a real MLflow on SQLite, also by the command line."""

from collections.abc import Callable
from functools import cache

import pytest
from typer.testing import CliRunner

from tests.mlflow_marks import REGISTRY
from vpd.cli import app
from vpd.errors import ConfigError
from vpd.evaluation.promotion import promote, rollback
from vpd.evaluation.results import Evaluation
from vpd.evaluation.tracking import Tracking
from vpd.store import ArtifactStore

pytestmark = [*REGISTRY, pytest.mark.usefixtures("_tiny_student")]
NAME = "vpd-student"


@pytest.fixture
def version(tracking: Tracking, evaluated: Callable[[float], Evaluation]) -> Callable[[float], str]:
    """Put a student of some skill into the registry, without files; returns its version."""
    client = tracking.client()
    client.create_registered_model(NAME)

    @cache
    def made(right: float) -> str:
        tags = {"vpd.evaluation_id": evaluated(right).evaluation_id}
        version = str(client.create_model_version(NAME, "file:///nowhere", tags=tags).version)
        client.set_registered_model_alias(NAME, "challenger", version)
        return version

    return made


def champion(tracking: Tracking) -> str:
    return str(tracking.client().get_model_version_by_alias(NAME, "champion").version)


def test_champion_moves_only_to_a_model_that_is_no_worse(
    store: ArtifactStore, tracking: Tracking, version: Callable[[float], str]
) -> None:
    champions = []
    for right in (0.6, 0.3, 0.6, 1.0):
        check = promote(tracking, store, version(right), "a test")
        champions.append((check.passed, champion(tracking)))
    assert champions == [(True, "1"), (False, "1"), (True, "1"), (True, "3")]
    aliases = tracking.client().get_registered_model(NAME).aliases
    assert {alias: str(v) for alias, v in aliases.items()} == {"champion": "3"}


def test_promotion_and_rollback_leave_who_when_why_and_what_was_before(
    store: ArtifactStore, tracking: Tracking, version: Callable[[float], str]
) -> None:
    for right in (0.3, 1.0):
        promote(tracking, store, version(right), f"is right on {right}")
    done = rollback(tracking, "counts spheres twice")
    assert (done.version, done.champion, champion(tracking)) == ("2", "1", "1")
    tags = tracking.client().get_model_version(NAME, "2").tags
    assert tags["vpd.promoted_reason"] == "is right on 1.0"
    assert tags["vpd.previous_champion"] == "1"
    assert tags["vpd.rolled_back_reason"] == "counts spheres twice"
    for decision in ("promoted", "rolled_back"):
        assert "@" in tags[f"vpd.{decision}_by"]
        assert tags[f"vpd.{decision}_at"].startswith("20")


def test_what_was_rolled_back_comes_back_by_a_person_and_not_by_itself(
    store: ArtifactStore, tracking: Tracking, version: Callable[[float], str]
) -> None:
    for right in (0.3, 1.0):
        promote(tracking, store, version(right), "better")
    rollback(tracking, "a mistake")
    check = promote(tracking, store, "2", "the pipeline ran", automatic=True)
    assert not check.passed
    assert "a mistake" in check.reason
    assert champion(tracking) == "1"
    assert promote(tracking, store, "2", "the mistake was mine").passed
    assert champion(tracking) == "2"
    assert "vpd.rolled_back_reason" not in tracking.client().get_model_version(NAME, "2").tags


def test_rollback_passes_over_what_was_rolled_back_and_ends_at_the_first(
    store: ArtifactStore, tracking: Tracking, version: Callable[[float], str]
) -> None:
    with pytest.raises(ConfigError, match="no champion"):
        rollback(tracking, "nothing there")
    for right in (0.3, 0.8, 1.0):
        promote(tracking, store, version(right), "better")
    assert [rollback(tracking, "worse").champion for _ in range(2)] == ["2", "1"]
    with pytest.raises(ConfigError, match="vpd promote"):
        rollback(tracking, "worse still")
    assert champion(tracking) == "1"


def test_promote_needs_a_reason_and_a_version_that_is_there(
    store: ArtifactStore, tracking: Tracking, version: Callable[[float], str]
) -> None:
    only = version(0.5)
    with pytest.raises(ConfigError, match="reason"):
        promote(tracking, store, only, "  ")
    with pytest.raises(ConfigError, match="there are: 1"):
        promote(tracking, store, "7", "a typing mistake")
    with pytest.raises(ConfigError, match="no version"):
        promote(tracking, store, "1", "another model", "absent")


def test_promote_over_a_champion_whose_evaluation_is_elsewhere_does_not_pass(
    store: ArtifactStore, tracking: Tracking, version: Callable[[float], str]
) -> None:
    promote(tracking, store, version(0.5), "the first")
    evaluation = tracking.client().get_model_version(NAME, "1").tags["vpd.evaluation_id"]
    store.delete_document(f"evaluations/{evaluation}")
    check = promote(tracking, store, version(1.0), "better")
    assert not check.passed
    assert store.uri in check.reason


def test_commands_promote_and_roll_back(
    store: ArtifactStore,
    tracking: Tracking,
    version: Callable[[float], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VPD_MLFLOW_URI", tracking.uri)
    monkeypatch.setenv("VPD_STORE", store.uri)
    for right in (0.9, 0.2, 1.0):
        version(right)

    def run(*arguments: str) -> int:
        return CliRunner().invoke(app, arguments).exit_code

    assert run("promote", "1", "--reason", "the first") == 0
    assert run("promote", "2", "--reason", "worse") == 1
    assert run("promote", "3", "--reason", "better") == 0
    assert champion(tracking) == "3"
    assert run("rollback", "--reason", "too slow") == 0
    assert champion(tracking) == "1"
    assert run("promote") != 0
    assert run("promote", "1", "--pending") != 0
    assert run("rollback") != 0
