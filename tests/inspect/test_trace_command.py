"""`vpd trace` on a store of real runs."""

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from vpd.cli import app
from vpd.errors import ConfigError, DataError, MissingShardError, StoreError
from vpd.inspect.gallery import shard_gallery
from vpd.records import PROGRAMS, TRACES, Trace
from vpd.store import ArtifactStore
from vpd.verification.stage import verify_programs

SHARD = "tests-000"
Vpd = Callable[..., str]


@pytest.fixture
def vpd(store: ArtifactStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Vpd:
    """Run `vpd trace` on the store; return what it printed."""
    monkeypatch.setenv("VPD_STORE", store.uri)
    monkeypatch.setenv("VPD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "160")

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(app, ["trace", *arguments], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    return run


@pytest.fixture
def trace(store: ArtifactStore) -> Trace:
    """A run that was answered."""
    rows = TRACES.rows(store.read_shard(TRACES, SHARD))
    return next(row for row in rows if row.answer == "3" and row.question_id == "q2")


def test_show_prints_question_program_steps_verdict_and_answer(
    vpd: Vpd, store: ArtifactStore, trace: Trace
) -> None:
    verify_programs(store, SHARD, policy="label")
    shown = vpd("show", trace.trace_id)
    assert "How many cubes are on shelf 2?" in shown
    assert "return str(len(ImagePatch(image).find('cube')))" in shown
    assert 'image.find("cube")' in shown
    assert "chosen" in shown
    assert shown.rstrip().splitlines()[-1].split() == ["right", "3"]


def test_show_takes_the_start_of_an_id(vpd: Vpd, trace: Trace) -> None:
    assert vpd("show", trace.trace_id[:12]) == vpd("show", trace.trace_id)


def test_show_as_json_holds_what_the_table_and_the_program_hold(
    vpd: Vpd, store: ArtifactStore, trace: Trace
) -> None:
    out = json.loads(vpd("show", trace.trace_id, "--json"))
    for column in ("trace_id", "program_id", "outcome", "answer", "limit_reached", "tool_calls", "isolation"):
        assert out[column] == getattr(trace, column)
    assert out["events"] == json.loads(trace.events_json)
    assert out["question"]["question_id"] == trace.question_id
    assert out["program"].split("\n")[0] == "def execute_command(image):"
    assert out["executed_lines"] == [1, 2]
    assert (out["right"], out["verdicts"]) == (True, [])


def test_show_of_an_id_that_fits_none_or_several_is_a_clear_error(vpd: Vpd, store: ArtifactStore) -> None:
    ids = sorted(store.read_shard(TRACES, SHARD)["trace_id"])
    start = next(a[:n] for a, b in pairwise(ids) for n in (2, 1) if a[:n] == b[:n])
    with pytest.raises(ConfigError, match="more than one"):
        vpd("show", start)
    with pytest.raises(DataError, match="no trace"):
        vpd("show", "nothing")
    with pytest.raises(ConfigError, match="empty"):
        vpd("show", "")


def test_show_of_a_run_whose_program_is_gone_says_what_to_do(
    vpd: Vpd, store: ArtifactStore, trace: Trace
) -> None:
    store.write_shard(PROGRAMS, SHARD, PROGRAMS.frame([]), "resampled")
    with pytest.raises(DataError, match="materialise"):
        vpd("show", trace.trace_id)


def test_page_writes_one_harmless_file(
    vpd: Vpd, trace: Trace, tmp_path: Path, assert_harmless: Callable[[str], Any]
) -> None:
    out = tmp_path / "new" / "trace.html"
    assert vpd("page", trace.trace_id, "--out", str(out)).strip() == str(out)
    page = assert_harmless(out.read_text())
    assert page.one("h1").text == "How many cubes are on shelf 2?"
    assert trace.trace_id in page.one("main").text


def test_gallery_writes_the_gallery_of_a_shard(vpd: Vpd, store: ArtifactStore, tmp_path: Path) -> None:
    out = tmp_path / "gallery.html"
    vpd("gallery", SHARD, "--out", str(out))
    assert out.read_text() == shard_gallery(store, SHARD)


def test_files_that_cannot_be_made_are_clear_errors(vpd: Vpd, tmp_path: Path) -> None:
    with pytest.raises(MissingShardError, match="tests-404"):
        vpd("gallery", "tests-404", "--out", str(tmp_path / "g.html"))
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"g\.html"):
        vpd("gallery", SHARD, "--out", str(tmp_path / "file" / "g.html"))
