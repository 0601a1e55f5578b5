from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from vpd.cli import app
from vpd.errors import DataError

GOOD = {"id": "good", "image": "a.png", "question": "How many?", "answers": ["2"]}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VPD_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("VPD_STORE", raising=False)


def test_ingest_command_takes_good_rows_and_names_the_others(jsonl: Callable[..., Path]) -> None:
    file = jsonl(GOOD, {**GOOD, "id": "b", "image": "none.png"}, "{oops")
    done = CliRunner().invoke(app, ["ingest", str(file), "--name", "mine"])
    assert done.exit_code == 0
    assert "q.jsonl:2" in done.stdout
    assert "q.jsonl:3" in done.stdout
    assert "mine-000" in done.stdout


def test_ingest_command_again_takes_a_mended_picture(jsonl: Callable[..., Path], folder: Path) -> None:
    file = jsonl(GOOD, {**GOOD, "id": "b", "image": "late.png"})
    CliRunner().invoke(app, ["ingest", str(file), "--name", "mine"])
    (folder / "late.png").write_bytes((folder / "b.png").read_bytes())
    done = CliRunner().invoke(app, ["ingest", str(file), "--name", "mine"])
    assert done.exit_code == 0
    assert "missing_file" not in done.stdout


def test_ingest_command_that_takes_nothing_is_an_error(jsonl: Callable[..., Path]) -> None:
    done = CliRunner().invoke(app, ["ingest", str(jsonl("{oops")), "--name", "mine"])
    assert isinstance(done.exception, DataError)
