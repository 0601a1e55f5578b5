import io
import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from PIL import Image as PillowImage
from typer.testing import CliRunner

from tests.export.conftest import CASES, OF_SHARD, SHARDS, Asked, Fill
from vpd.cli import app
from vpd.errors import MissingShardError, StoreError
from vpd.export.content import Form
from vpd.export.folder import Export, export_dataset
from vpd.export.tables import ROWS_PER_GROUP
from vpd.records import EXAMPLES, Example
from vpd.store import ArtifactStore


@pytest.fixture
def rows(store: ArtifactStore) -> dict[str, Example]:
    """The examples of the store by id."""
    return {e.example_id: e for shard in SHARDS for e in EXAMPLES.rows(store.read_shard(EXAMPLES, shard))}


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_export_dataset_counts_what_it_wrote(exported: Export, rows: dict[str, Example]) -> None:
    assert sum(exported.rows["default"].values()) == len(rows)
    for table, splits in exported.rows.items():
        for split, count in splits.items():
            files = (exported.folder / "data" / table).glob(f"{split}-*.parquet")
            assert sum(pq.ParquetFile(f).metadata.num_rows for f in files) == count
    assert len(list((exported.folder / "images").iterdir())) == len({e.image_id for e in rows.values()})


def test_export_dataset_chat_rows_hold_one_place_per_picture_and_their_provenance(
    exported: Export, rows: dict[str, Example]
) -> None:
    read = [row for path in (exported.folder / "chat").iterdir() for row in _lines(path)]
    assert {row["example_id"] for row in read} == set(rows)
    for row in read:
        example = rows[row["example_id"]]
        user, assistant = row["messages"]
        assert user["content"] == [{"type": "image"}, {"type": "text", "text": example.prompt}]
        assert assistant["content"] == [{"type": "text", "text": example.target}]
        [path] = row["images"]
        assert PillowImage.open(io.BytesIO((exported.folder / path).read_bytes())).size == (100, 100)
        assert row["trace_id"] == (example.trace_id or "")


def test_export_dataset_parquet_has_small_row_groups_and_pictures_inside(fill: Fill, tmp_path: Path) -> None:
    many = tuple(Asked(f"q{n}", f"{n}?", ("2",), (("cubes", "chosen"),)) for n in range(120))
    export = export_dataset(fill(many), ["made-000"], tmp_path / "out", [Form.PARQUET])
    [path] = (export.folder / "data/default").iterdir()
    file = pq.ParquetFile(path)
    groups = [file.metadata.row_group(i).num_rows for i in range(file.metadata.num_row_groups)]
    assert groups == [ROWS_PER_GROUP, ROWS_PER_GROUP, 40]
    for row in file.read_row_group(0).to_pylist():
        assert PillowImage.open(io.BytesIO(row["images"][0]["bytes"])).size == (100, 100)


@pytest.mark.parametrize("form", Form)
def test_export_dataset_one_form_writes_no_other(store: ArtifactStore, tmp_path: Path, form: Form) -> None:
    folder = export_dataset(store, SHARDS, tmp_path / "out", [form]).folder
    always = {"README.md", "croissant.json", "export.json"}
    own = {
        "parquet": {"data"},
        "chat": {"chat", "images"},
        "llamafactory": {"llamafactory", "images", "dataset_info.json"},
    }
    assert {path.name for path in folder.iterdir()} == always | own[form]


def test_export_dataset_again_gives_the_same_rows_and_nothing_else(
    store: ArtifactStore, tmp_path: Path
) -> None:
    first = export_dataset(store, SHARDS, tmp_path / "out")
    before = {p.relative_to(first.folder): p.read_bytes() for p in first.folder.rglob("*.*") if p.is_file()}
    (first.folder / "images/stale.png").write_bytes(b"")
    second = export_dataset(store, SHARDS, tmp_path / "out")
    after = {p.relative_to(second.folder): p.read_bytes() for p in second.folder.rglob("*.*") if p.is_file()}
    assert before == after
    assert not list(tmp_path.glob("out.*"))


NOTHING_KEPT = (CASES[8],)
NOTHING_WRONG = (Asked("one", "How many?", ("2",), (("cubes", "chosen"),)),)
NO_PROGRAMS = (CASES[9],)
ONLY_UNLABELLED = (CASES[5],)


@pytest.mark.parametrize("cases", [NOTHING_KEPT, NOTHING_WRONG, NO_PROGRAMS, ONLY_UNLABELLED, ()])
def test_export_dataset_little_to_say_is_no_error(
    fill: Fill, tmp_path: Path, cases: tuple[Asked, ...]
) -> None:
    export = export_dataset(fill(cases, register=False), ["made-000"], tmp_path / "out")
    assert not export.rows.get("preferences-programs")
    assert not export.rows.get("preferences-rationales")
    assert "not stated" in (export.folder / "README.md").read_text(encoding="utf-8")


def test_export_dataset_folder_with_other_files_is_left_alone(store: ArtifactStore, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("precious")
    with pytest.raises(StoreError, match="mine"):
        export_dataset(store, SHARDS, tmp_path / "mine")
    assert (tmp_path / "mine/thesis.txt").read_text() == "precious"


def test_export_dataset_missing_shard_keeps_the_earlier_export(
    exported: Export, store: ArtifactStore
) -> None:
    with pytest.raises(MissingShardError):
        export_dataset(store, [*SHARDS, "made-009"], exported.folder)
    assert (exported.folder / "export.json").exists()


def test_export_dataset_picture_gone_keeps_the_earlier_export_and_leaves_no_part(
    exported: Export, store: ArtifactStore
) -> None:
    for blob in Path(store.uri, "blobs").rglob("*"):
        if blob.is_file():
            blob.unlink()
    with pytest.raises(StoreError, match="missing"):
        export_dataset(store, SHARDS, exported.folder)
    assert (exported.folder / "export.json").exists()
    assert not exported.folder.with_name("out.part").exists()


@pytest.fixture
def disk_full() -> Iterator[None]:
    """No file may grow beyond 100 bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("form", [Form.PARQUET, Form.CHAT])
def test_export_dataset_full_disk_is_an_error_that_keeps_the_earlier_export(
    exported: Export, store: ArtifactStore, disk_full: None, form: Form
) -> None:
    with pytest.raises(StoreError, match="cannot write"):
        export_dataset(store, SHARDS, exported.folder, [form])
    assert (exported.folder / "README.md").stat().st_size > 100
    assert not exported.folder.with_name("out.part").exists()


def test_export_dataset_unwritable_place_is_an_error(store: ArtifactStore, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file/out"):
        with pytest.raises(StoreError, match="file"):
            export_dataset(store, SHARDS, folder)


KILLED = """
import os, sys
from pathlib import Path
import vpd.export.content as content
from vpd.export.folder import export_dataset
from vpd.store import ArtifactStore
def die(*_): os.kill(os.getpid(), 9)
content.example_row = die
export_dataset(ArtifactStore.open(sys.argv[1]), sys.argv[3:], Path(sys.argv[2]))
"""


def test_export_dataset_killed_half_way_keeps_the_earlier_export_and_the_next_one_works(
    exported: Export, store: ArtifactStore
) -> None:
    before = (exported.folder / "export.json").read_bytes()
    done = subprocess.run([sys.executable, "-c", KILLED, store.uri, exported.folder, *SHARDS], timeout=60)
    assert done.returncode == -9
    assert (exported.folder / "export.json").read_bytes() == before
    assert exported.folder.with_name("out.part").exists()
    export_dataset(store, SHARDS, exported.folder)
    assert not exported.folder.with_name("out.part").exists()


def test_export_dataset_killed_during_the_exchange_takes_the_earlier_one_back(
    exported: Export, store: ArtifactStore
) -> None:
    exported.folder.rename(exported.folder.with_name("out.old"))
    with pytest.raises(MissingShardError):
        export_dataset(store, ["made-009"], exported.folder)
    export_dataset(store, SHARDS, exported.folder)
    assert sorted(p.name for p in exported.folder.parent.glob("out*")) == ["out"]


def test_export_command_writes_what_is_asked_for(
    fill: Fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VPD_STORE", fill(*OF_SHARD).uri)
    args = ["export", "made", str(tmp_path / "out"), "--format", "chat", "--format", "llamafactory"]
    result = CliRunner().invoke(app, args)
    assert result.exit_code == 0, result.output
    assert "train 12" in result.output
    assert not (tmp_path / "out/data").exists()
    assert (tmp_path / "out/chat").exists()
