import contextlib
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vpd.errors import ConfigError, CorruptShardError, MissingShardError, StoreError
from vpd.objects import FolderObjects
from vpd.records import REFUSED, TABLES, Refused, Table
from vpd.store import ArtifactStore


def rows(*names: str) -> pl.DataFrame:
    return REFUSED.frame([Refused(name, "source", "problem") for name in names])


@dataclass(frozen=True)
class EarlierRefused:
    row: Annotated[str, "all that an earlier version of the table had"]


class Killed(BaseException):
    """Stands for a process that ends at this point."""


class MemoryObjects:
    """Objects in a dict; raises `Killed` before, or after, its n-th change."""

    uri = "memory"

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.changes_left, self.after = -1, False

    def _change(self, action: Any) -> None:
        if self.changes_left == 0 and not self.after:
            raise Killed
        action()
        if self.changes_left == 0:
            raise Killed
        self.changes_left -= 1

    def put(self, name: str, data: bytes) -> None:
        self._change(lambda: self.kept.update({name: data}))

    def get(self, name: str) -> bytes | None:
        return self.kept.get(name)

    def exists(self, name: str) -> bool:
        return name in self.kept

    def delete(self, name: str) -> None:
        self._change(lambda: self.kept.pop(name, None))

    def list(self, prefix: str) -> list[str]:
        return [name for name in self.kept if name.startswith(prefix)]


names = st.lists(st.text("abc", min_size=1, max_size=3), unique=True, max_size=4)


@settings(max_examples=60)
@given(old=st.none() | names, new=names, step=st.integers(0, 2), after=st.booleans())
def test_write_shard_killed_anywhere_leaves_old_or_new(
    old: list[str] | None, new: list[str], step: int, after: bool
) -> None:
    objects = MemoryObjects()
    store = ArtifactStore(objects)
    if old is not None:
        store.write_shard(REFUSED, "s", rows(*old), "old")
    objects.changes_left, objects.after = step, after
    with contextlib.suppress(Killed):
        store.write_shard(REFUSED, "s", rows(*new), "new")
    objects.changes_left = -1
    manifest = store.find_manifest(REFUSED, "s")
    if manifest is None:
        assert old is None
    else:
        kept = store.read_shard(REFUSED, "s")["row"].to_list()
        assert kept == {"old": old, "new": new}[manifest.fingerprint]
    store.write_shard(REFUSED, "s", rows(*new), "new")
    assert store.read_shard(REFUSED, "s")["row"].to_list() == new


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_empty_shard_keeps_its_schema(table: Any) -> None:
    store = ArtifactStore(MemoryObjects())
    store.write_shard(table, "s", table.frame([]), "f")
    assert store.read_shard(table, "s").schema == table.schema


def test_write_shard_repeated_key_is_refused_and_writes_nothing() -> None:
    objects = MemoryObjects()
    with pytest.raises(StoreError, match="1 rows repeat"):
        ArtifactStore(objects).write_shard(REFUSED, "s", rows("a", "a"), "f")
    assert objects.kept == {}


@pytest.mark.parametrize("damage", ["data", "gone", "manifest"])
def test_damaged_shard_is_named_and_mended_by_writing_again(tmp_path: Path, damage: str) -> None:
    store = ArtifactStore.open(str(tmp_path))
    manifest = store.write_shard(REFUSED, "mine-003", rows("a"), "f")
    data = tmp_path / manifest.data_name
    if damage == "data":
        data.write_bytes(data.read_bytes()[:-1])
    elif damage == "gone":
        data.unlink()
    else:
        (data.parent / "manifest.json").write_text("{")
    with pytest.raises(CorruptShardError, match="refused/mine-003"):
        store.read_shard(REFUSED, "mine-003")
    store.write_shard(REFUSED, "mine-003", rows("b"), "f")
    assert store.read_shard(REFUSED, "mine-003")["row"].to_list() == ["b"]


def test_shard_of_another_version_with_fewer_columns_is_named(tmp_path: Path) -> None:
    store = ArtifactStore.open(str(tmp_path))
    earlier = Table(REFUSED.name, EarlierRefused, "row")
    store.write_shard(earlier, "mine-003", earlier.frame([EarlierRefused("a")]), "f")
    with pytest.raises(CorruptShardError, match=r"refused/mine-003.*problem"):
        store.read_shard(REFUSED, "mine-003")


def test_missing_shard_and_blob_say_what_is_missing(tmp_path: Path) -> None:
    store = ArtifactStore.open(str(tmp_path))
    with pytest.raises(MissingShardError, match="refused/s"):
        store.read_shard(REFUSED, "s")
    with pytest.raises(StoreError, match="abcdef"):
        store.get_blob("abcdef")


def test_damaged_blob_is_not_returned(tmp_path: Path) -> None:
    store = ArtifactStore.open(str(tmp_path))
    digest = store.put_blob(b"picture")
    assert store.get_blob(digest) == b"picture"
    (tmp_path / "blobs" / digest[:2] / digest).write_bytes(b"other")
    with pytest.raises(StoreError, match=digest):
        store.get_blob(digest)


def test_shard_replaced_between_manifest_and_data_is_read_whole() -> None:
    objects = MemoryObjects()
    store = ArtifactStore(objects)
    store.write_shard(REFUSED, "s", rows("old"), "f")
    get, raced = objects.get, []

    def replaced_meanwhile(name: str) -> bytes | None:
        if name.endswith(".parquet") and not raced:
            raced.append(name)
            store.write_shard(REFUSED, "s", rows("new"), "f")
        return get(name)

    objects.get = replaced_meanwhile  # type: ignore[method-assign]
    assert store.read_shard(REFUSED, "s")["row"].to_list() == ["new"]


def test_concurrent_writers_of_one_shard_leave_one_whole_shard(tmp_path: Path) -> None:
    store = ArtifactStore.open(str(tmp_path))
    contents = [rows("a"), rows("b", "c"), rows("a")]

    def write(frame: pl.DataFrame) -> None:
        for _ in range(8):
            store.write_shard(REFUSED, "s", frame, "f")

    writers = [threading.Thread(target=write, args=(frame,)) for frame in contents]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert store.read_shard(REFUSED, "s")["row"].to_list() in (["a"], ["b", "c"])


def test_unusable_folder_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="VPD_STORE"):
        ArtifactStore.open(str(tmp_path / "file" / "store"))


def test_failed_write_is_a_store_error_and_leaves_no_half_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ArtifactStore.open(str(tmp_path))
    store.write_shard(REFUSED, "s", rows("old"), "f")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(StoreError, match="No space left"):
            store.write_shard(REFUSED, "s", rows("new"), "f")
    assert store.read_shard(REFUSED, "s")["row"].to_list() == ["old"]
    assert len([p for p in tmp_path.rglob("*") if p.is_file()]) == 2


def test_folder_objects_list_takes_prefixes_and_skips_half_written(tmp_path: Path) -> None:
    objects = FolderObjects(tmp_path)
    for name in ("documents/runs/a.json", "documents/runs/b.json", "documents/models/a.json"):
        objects.put(name, b"{}")
    (tmp_path / "documents" / "runs" / ".c.json.12").write_bytes(b"")
    assert sorted(objects.list("documents/runs/")) == ["documents/runs/a.json", "documents/runs/b.json"]
    assert objects.list("documents/runs/b") == ["documents/runs/b.json"]
    assert objects.list("nothing/") == []


@pytest.mark.parametrize("uri", ["gs://bucket/x", "s3://"])
def test_open_unknown_address_is_a_config_error(uri: str) -> None:
    with pytest.raises(ConfigError):
        ArtifactStore.open(uri)


def test_s3_store_does_what_a_folder_does(s3_endpoint: str) -> None:
    store = ArtifactStore.open("s3://vpd/some/prefix", s3_endpoint)
    digest = store.put_blob(b"picture")
    assert store.put_blob(b"picture") == digest
    assert store.get_blob(digest) == b"picture"
    store.write_shard(REFUSED, "s", rows("old"), "f")
    manifest = store.write_shard(REFUSED, "s", rows("new"), "f", {"n": 1})
    assert store.find_manifest(REFUSED, "s") == manifest
    assert store.read_shard(REFUSED, "s")["row"].to_list() == ["new"]
    assert store.shards(REFUSED) == ["s"]
    assert len(store.objects.list("tables/")) == 2
    store.put_document("runs/a", {"x": [1]})
    assert store.documents("runs/") == ["runs/a"]
    assert store.get_document("runs/a") == {"x": [1]}
    assert store.get_document("runs/b") is None
    with pytest.raises(StoreError, match="missing"):
        store.get_blob("0" * 64)


def test_s3_bucket_that_is_not_there_is_a_store_error(s3_endpoint: str) -> None:
    store = ArtifactStore.open("s3://no-such-bucket/x", s3_endpoint)
    with pytest.raises(StoreError, match="no-such-bucket"):
        store.put_blob(b"picture")
