"""What the command line says: an error whole, a tool set's tools and API."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from vpd.cli import app, main


def test_error_with_brackets_is_said_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "tools.toml"
    file.write_text('[detector]\nmodle = "x"\n[endpoint]\nmodel = "[bold]"\nside = 0\n')
    monkeypatch.setattr("sys.argv", ["vpd", "tools", str(file)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert "detector.modle" in said
    assert "endpoint.side" in said
    monkeypatch.setattr("sys.argv", ["vpd", "tools", "[detector]"])
    with pytest.raises(SystemExit):
        main()
    assert "[detector]" in capsys.readouterr().err


def test_tools_command_shows_every_method_of_the_set() -> None:
    shown = CliRunner().invoke(app, ["tools", "scenes"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert all(word in shown.output for word in ("compute_depth", "opencv-3", "detect", "names"))
    assert "read_text" not in shown.output


def test_tools_command_prints_the_api_without_loading_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VPD_MODEL_DIR", str(tmp_path))
    shown = CliRunner().invoke(app, ["tools", "photos", "--api"])
    assert shown.exit_code == 0
    assert "def read_text(self) -> str" in shown.output
    assert "toothbrush" in shown.output
    assert not list(tmp_path.iterdir())
