"""`vpd predict` on a real registry; the student behind the registered model is a fake."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from tests.mlflow_marks import REGISTRY
from tests.pictures import png_header
from vpd.cli import predict as predict_cli
from vpd.errors import ConfigError, VpdError
from vpd.evaluation.promotion import promote
from vpd.evaluation.registry import register
from vpd.evaluation.results import Evaluation
from vpd.evaluation.tracking import Tracking
from vpd.store import ArtifactStore

pytestmark = [*REGISTRY, pytest.mark.usefixtures("_tiny_student")]

Evaluated = Callable[[float], Evaluation]


@pytest.fixture
def cli(tracking: Tracking, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setenv("VPD_MLFLOW_URI", tracking.uri)
    app = typer.Typer()
    app.command()(predict_cli.command)
    return lambda *arguments: CliRunner().invoke(app, [str(a) for a in arguments])


def test_predict_prints_answer_rationale_and_boxes(
    store: ArtifactStore, tracking: Tracking, checkpoint: Path, evaluated: Evaluated, cli: Any, tmp_path: Path
) -> None:
    done = evaluated(0.7)
    promote(tracking, store, register(tracking, store, checkpoint, done).version, "a test")
    Image.new("RGB", (200, 100), "white").save(tmp_path / "in.png")
    result = cli(
        "--image", tmp_path / "in.png", "--question", "Color?", "--json", "--draw", tmp_path / "out.png"
    )
    assert result.exit_code == 0, result.output
    out = json.loads(result.stdout)
    assert out["answer"] == "red"
    assert out["boxes"] == [{"left": 0.0, "top": 0.0, "right": 100.0, "bottom": 50.0}]
    with Image.open(tmp_path / "out.png") as drawn:
        assert len(drawn.convert("RGB").getcolors() or []) > 1
    plain = cli("--image", tmp_path / "in.png", "--question", "Color?")
    assert "red" in plain.stdout


def test_predict_without_champion_or_picture_says_what_to_do(cli: Any, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "in.png")
    (tmp_path / "text.png").write_text("no picture")
    no_champion = cli("--image", tmp_path / "in.png", "--question", "Color?").exception
    assert isinstance(no_champion, ConfigError)
    assert "vpd demo" in str(no_champion)
    (tmp_path / "bomb.png").write_bytes(png_header(100_000, 100_000))
    for path in (tmp_path / "absent.png", tmp_path / "text.png", tmp_path / "bomb.png"):
        problem = cli("--image", path, "--question", "Color?").exception
        assert isinstance(problem, VpdError)
        assert str(path) in str(problem)
