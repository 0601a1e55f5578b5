import itertools
import json
import logging
from pathlib import Path

import mlcroissant
import pytest

from tests.export.conftest import CASES, SHARDS, Fill
from vpd.export.content import Form
from vpd.export.folder import Export, export_dataset
from vpd.store import ArtifactStore

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


def _open(export: Export, caplog: pytest.LogCaptureFixture) -> mlcroissant.Dataset:
    """Load the metadata; neither an error nor a warning may come."""
    with caplog.at_level(logging.WARNING):
        found = mlcroissant.Dataset(str(export.folder / "croissant.json"))
    assert not found.metadata.ctx.issues.errors
    assert not found.metadata.ctx.issues.warnings
    return found


def test_croissant_is_valid_and_names_every_table(exported: Export, caplog: pytest.LogCaptureFixture) -> None:
    metadata = _open(exported, caplog).metadata
    assert {record_set.id for record_set in metadata.record_sets} == set(exported.rows)
    assert metadata.version == f"1.0.0+{exported.origin.version}"


def test_croissant_records_are_those_of_the_files(exported: Export, caplog: pytest.LogCaptureFixture) -> None:
    data = _open(exported, caplog)
    for table, splits in exported.rows.items():
        records = list(data.records(table))
        assert len(records) == sum(splits.values())
    pairs = next(iter(data.records("preferences-programs")))
    assert pairs["preferences-programs/chosen"][0].startswith(b"def execute_command")
    first = next(iter(data.records("default")))
    assert first["default/images"][0].size == (100, 100)
    for record in itertools.islice(data.records("steps"), 3):
        assert len(record["steps/labels"]) == len(record["steps/completions"])


def test_croissant_of_lines_alone_and_of_nothing_is_valid(
    store: ArtifactStore, fill: Fill, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert not _open(export_dataset(store, SHARDS, tmp_path / "a", [Form.CHAT]), caplog).metadata.record_sets
    assert not _open(export_dataset(fill(()), ["made-000"], tmp_path / "b"), caplog).metadata.record_sets


def test_croissant_is_plain_json_with_names_of_the_context(fill: Fill, tmp_path: Path) -> None:
    export = export_dataset(fill(CASES[:1]), ["made-000"], tmp_path / "out")
    document = json.loads((export.folder / "croissant.json").read_text(encoding="utf-8"))
    assert set(document) - set(document["@context"]) <= {
        "@context", "@type", "name", "description", "url", "version", "datePublished", "license", "creator",
        "distribution",
    }  # fmt: skip
