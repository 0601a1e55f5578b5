"""The plain client, against a real MLflow on SQLite."""

import subprocess
from pathlib import Path

import pytest

from tests.mlflow_marks import REGISTRY
from vpd.errors import ConfigError
from vpd.evaluation import code_version
from vpd.evaluation.code_version import code_tags
from vpd.evaluation.tracking import Tracking

pytestmark = [*REGISTRY, pytest.mark.usefixtures("_tiny_student")]


def test_find_or_start_run_gives_the_same_run_for_the_same_identity(tracking: Tracking) -> None:
    first = tracking.find_or_start_run("a", {"vpd.asset_key": "report", "vpd.part": "1"})
    tracking.describe(first, {"vpd.dagster_run_id": "one that died"}, {})
    assert tracking.find_or_start_run("b", {"vpd.asset_key": "report", "vpd.part": "1"}) == first
    assert tracking.find_or_start_run("a", {"vpd.asset_key": "report", "vpd.part": "2"}) != first
    assert first in tracking.run_url(first, "http://127.0.0.1:5000")


def test_history_longer_than_one_call_is_logged_once_and_goes_on_where_it_stopped(tracking: Tracking) -> None:
    run = tracking.find_or_start_run("a", {"vpd.arm": "a"})
    names = [f"metric_{n}" for n in range(20)]
    history = [{"step": float(s), **dict.fromkeys(names, s / 2)} for s in range(1, 121)]
    for length in (5, 70, 120, 120):
        tracking.log_history(run, history[:length])
    values = tracking.client().get_metric_history(run, "metric_7")
    assert [(m.step, m.value) for m in values] == [(s, s / 2) for s in range(1, 121)]


@pytest.mark.parametrize(
    "address", ["http://me:secret@host:5000", "postgresql://me:secret@host/mlflow", "https://:secret@host"]
)
def test_address_with_a_password_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(ConfigError, match="MLFLOW_TRACKING_PASSWORD") as refused:
        Tracking(address)
    assert "secret" not in str(refused.value)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder `vpd` inside a git repository that does not track it yet."""
    (tmp_path / "vpd").mkdir()
    (tmp_path / "vpd" / "__init__.py").write_text("")
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "first")
    monkeypatch.setattr(code_version.vpd, "__file__", str(tmp_path / "vpd" / "__init__.py"))
    return tmp_path


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", "-C", folder, *who, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_code_tags_of_a_checkout_name_its_commit_and_whether_files_were_changed(checkout: Path) -> None:
    git(checkout, "add", ".")
    git(checkout, "commit", "-q", "-m", "vpd")
    assert code_tags()["mlflow.source.git.commit"] == git(checkout, "rev-parse", "HEAD")
    assert code_tags()["vpd.code_changed"] == "false"
    (checkout / "vpd" / "__init__.py").write_text("changed = True\n")
    assert code_tags()["vpd.code_changed"] == "true"


def test_code_tags_of_an_installed_vpd_name_no_commit_of_the_repository_around_it(checkout: Path) -> None:
    assert "mlflow.source.git.commit" not in code_tags()
    assert code_tags()["vpd.version"]
