"""Finished runs in the artifact store."""

from pathlib import Path

import pytest

from vpd.distill.checkpoint import fetch_run, find_run, publish_run, run_id
from vpd.distill.run_folder import write_json
from vpd.errors import ConfigError, StoreError
from vpd.store import ArtifactStore


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    """The folder of a finished run with two files in its model."""
    folder = tmp_path / "run"
    (folder / "model" / "sub").mkdir(parents=True)
    (folder / "model" / "model.safetensors").write_bytes(b"weights")
    (folder / "model" / "sub" / "config.json").write_text("{}")
    report = {"arm": "student", "fingerprint": "ab" * 32, "config": {"seed": 7}, "digests": {"made-000": "d"}}
    write_json(folder / "training.json", report)
    return folder


def test_publish_run_fetched_again_has_the_same_files(
    store: ArtifactStore, finished: Path, tmp_path: Path
) -> None:
    document = publish_run(store, finished)
    folder = fetch_run(store, document["run_id"], tmp_path / "cache")
    assert (folder / "model.safetensors").read_bytes() == b"weights"
    assert (folder / "sub" / "config.json").read_text() == "{}"
    assert fetch_run(store, document["run_id"], tmp_path / "cache") == folder


def test_publish_run_document_names_seed_and_training_data(store: ArtifactStore, finished: Path) -> None:
    document = publish_run(store, finished)
    assert document == find_run(store, run_id("student", "ab" * 32))
    assert (document["seed"], document["digests"]) == (7, {"made-000": "d"})


def test_publish_run_of_an_unfinished_folder_is_refused(store: ArtifactStore, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="finished"):
        publish_run(store, tmp_path)


def test_fetch_run_that_does_not_exist_names_those_that_do(
    store: ArtifactStore, finished: Path, tmp_path: Path
) -> None:
    known = publish_run(store, finished)["run_id"]
    with pytest.raises(StoreError, match=known):
        fetch_run(store, "student-none", tmp_path / "cache")


def test_fetch_run_with_a_missing_file_leaves_nothing_behind(
    store: ArtifactStore, finished: Path, tmp_path: Path
) -> None:
    document = publish_run(store, finished)
    digest = document["files"]["sub/config.json"]
    store.objects.delete(f"blobs/{digest[:2]}/{digest}")
    with pytest.raises(StoreError, match=digest):
        fetch_run(store, document["run_id"], tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []
