import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image as PillowImage

from vpd.errors import MissingShardError, StoreError
from vpd.rationale.export import ROWS_PER_GROUP, export_chat
from vpd.rationale.stage import build_examples
from vpd.records import EXAMPLES, Example
from vpd.store import ArtifactStore


@pytest.fixture
def rows(store: ArtifactStore) -> list[Example]:
    """The examples of the shard, built."""
    build_examples(store, "s-000")
    return EXAMPLES.rows(store.read_shard(EXAMPLES, "s-000"))


def _lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_export_chat_counts_what_it_wrote(store: ArtifactStore, rows: list[Example], tmp_path: Path) -> None:
    export = export_chat(store, ["s-000"], tmp_path / "out")
    assert sum(export.examples.values()) == len(rows)
    assert export.images == len({e.image_id for e in rows}) == len(list((tmp_path / "out/images").iterdir()))


def test_export_chat_rows_hold_one_place_per_picture_and_their_provenance(
    store: ArtifactStore, rows: list[Example], tmp_path: Path
) -> None:
    folder = export_chat(store, ["s-000"], tmp_path / "out").folder
    by_id = {e.example_id: e for e in rows}
    read = [row for split in ("train", "val") for row in _lines(folder / f"chat/{split}.jsonl")]
    assert {row["example_id"] for row in read} == set(by_id)
    for row in read:
        example = by_id[row["example_id"]]
        user, assistant = row["messages"]
        assert user == {
            "role": "user",
            "content": [{"type": "image"}, {"type": "text", "text": example.prompt}],
        }
        assert assistant["content"] == [{"type": "text", "text": example.target}]
        (path,) = row["images"]
        assert PillowImage.open(io.BytesIO((folder / path).read_bytes())).size == (100, 100)
        assert row["trace_id"] == (example.trace_id or "")
        assert row["split"] == example.split


def test_export_chat_llamafactory_finds_its_files_and_as_many_placeholders_as_pictures(
    store: ArtifactStore, rows: list[Example], tmp_path: Path
) -> None:
    folder = export_chat(store, ["s-000"], tmp_path / "out").folder
    info = json.loads((folder / "dataset_info.json").read_text())
    assert set(info) == {"vpd_train", "vpd_val"}
    for entry in info.values():
        for row in _lines(folder / entry["file_name"]):
            contents = [m[entry["tags"]["content_tag"]] for m in row[entry["columns"]["messages"]]]
            assert [m["role"] for m in row["messages"]] == ["user", "assistant"]
            assert sum(c.count("<image>") for c in contents) == len(row["images"]) == 1
            assert (folder / row["images"][0]).exists()


def test_export_chat_parquet_has_small_row_groups_and_pictures_inside(
    store: ArtifactStore, rows: list[Example], tmp_path: Path
) -> None:
    folder = export_chat(store, ["s-000"], tmp_path / "out").folder
    files = [pq.ParquetFile(path) for path in sorted((folder / "parquet").iterdir())]
    assert sum(f.metadata.num_rows for f in files) == len(rows)
    for file in files:
        groups = [file.metadata.row_group(i).num_rows for i in range(file.metadata.num_row_groups)]
        assert max(groups) <= ROWS_PER_GROUP
        assert b"huggingface" in file.schema_arrow.metadata
        for row in file.read().to_pylist():
            assert PillowImage.open(io.BytesIO(row["images"][0]["bytes"])).size == (100, 100)
            assert [part["type"] for part in row["messages"][0]["content"]] == ["image", "text"]


def test_export_chat_twice_replaces_the_first(
    store: ArtifactStore, rows: list[Example], tmp_path: Path
) -> None:
    export_chat(store, ["s-000"], tmp_path / "out")
    (tmp_path / "out/images/stale.png").write_bytes(b"")
    export = export_chat(store, ["s-000"], tmp_path / "out")
    assert sum(len(_lines(p)) for p in (tmp_path / "out/chat").iterdir()) == len(rows)
    assert export.images == len({e.image_id for e in rows})


def test_export_chat_folder_with_other_files_is_left_alone(
    store: ArtifactStore, rows: list[Example], tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("precious")
    with pytest.raises(StoreError, match="mine"):
        export_chat(store, ["s-000"], tmp_path / "mine")
    assert (tmp_path / "mine/thesis.txt").read_text() == "precious"


def test_export_chat_missing_shard_keeps_the_earlier_export(
    store: ArtifactStore, rows: list[Example], tmp_path: Path
) -> None:
    export_chat(store, ["s-000"], tmp_path / "out")
    with pytest.raises(MissingShardError):
        export_chat(store, ["s-000", "s-009"], tmp_path / "out")
    assert (tmp_path / "out/dataset_info.json").exists()
