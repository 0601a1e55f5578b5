import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from vpd.cli import photos
from vpd.datasets.photos.catalog import OPENCV, PHOTOGRAPHS, SKIMAGE
from vpd.datasets.photos.fetch import fetch_photographs

app = typer.Typer()
app.command()(photos.command)


def test_photos_command_shows_what_is_there_what_is_missing_and_what_is_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("skimage", reason="scikit-image is not installed: pip install scikit-image")
    monkeypatch.setenv("COLUMNS", "200")
    gone = replace(OPENCV, place=str(tmp_path / "nowhere"))
    there = [p for p in PHOTOGRAPHS if p.package == SKIMAGE]
    lost = [replace(p, package=gone) for p in PHOTOGRAPHS if p.package == OPENCV]
    changed = replace(there[0], path=there[1].path)
    fetch = partial(fetch_photographs, photographs=[changed, *there[1:], *lost])
    monkeypatch.setattr(photos, "fetch_photographs", fetch)
    done = CliRunner().invoke(app, [str(tmp_path / "photos")])
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert any(re.search(rf"scikit-image\D+{len(there) - 1}\D", line) for line in lines)
    assert any(str(len(lost)) in line and gone.install in line for line in lines)
    assert any(line.startswith("refused") and changed.ref in line for line in lines)
    file = tmp_path / "photos" / "photos.jsonl"
    assert f"vpd ingest {file} --name photos" in lines[-1]
