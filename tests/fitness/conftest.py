import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fitness.examples import SHARDS, Where, changed, write, write_clean_store
from vpd.fitness.check import check_examples
from vpd.fitness.report import Report
from vpd.records import Table
from vpd.store import ArtifactStore

Plant = Callable[..., None]
Checked = Callable[[], Report]


@pytest.fixture(scope="session")
def clean_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store without faults; left as it is."""
    folder = tmp_path_factory.mktemp("clean")
    write_clean_store(ArtifactStore.open(str(folder)))
    return folder


@pytest.fixture
def store(tmp_path: Path, clean_store: Path) -> ArtifactStore:
    """A store of its own for a test, without faults."""
    shutil.copytree(clean_store, tmp_path / "store")
    return ArtifactStore.open(str(tmp_path / "store"))


@pytest.fixture
def checked(store: ArtifactStore) -> Checked:
    """Check both shards."""
    return lambda: check_examples(store, SHARDS)


@pytest.fixture
def plant(store: ArtifactStore) -> Plant:
    """Change the rows of a table in s-001 for which `where` is true; None for the changes drops them."""

    def change(table: Table[Any], where: Where, changes: dict[str, Any] | None) -> None:
        rows = table.rows(store.read_shard(table, SHARDS[1]))
        assert any(map(where, rows)), "nothing was planted"
        left = rows if changes is not None else [row for row in rows if not where(row)]
        write(store, SHARDS[1], table, [changed(r, **changes or {}) if where(r) else r for r in left])

    return change
