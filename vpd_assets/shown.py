"""What samples of several tables share: rows of a shard, tables of them, links to pages in the store."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import dagster as dg

from vpd.errors import StoreError
from vpd.records import QUESTIONS, Table
from vpd.store import ArtifactStore
from vpd_assets.markdown import markdown_table

ROWS = 5


def one_per(
    store: ArtifactStore, table: Table[Any], shard: str, column: str, key: str, where: Any = True
) -> list[dict[str, Any]]:
    """Return the first row by key for each of the first values of a column."""
    frame = store.read_shard(table, shard).filter(where).sort(column, key)
    return frame.unique(column, keep="first", maintain_order=True).head(ROWS + 1).to_dicts()


def texts(store: ArtifactStore, shard: str) -> dict[str, str]:
    """Return the text of each question."""
    return dict(store.read_shard(QUESTIONS, shard).select("question_id", "text").iter_rows())


def as_sample(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return rows as the metadata `sample`."""
    return {"sample": dg.MetadataValue.md(markdown_table(list(rows)))}


def link(publish: Callable[[ArtifactStore, str], str], store: ArtifactStore, shard: str) -> Any:
    """Keep a page of the shard in the store and link to it; a page that cannot be kept stops nothing."""
    try:
        address = publish(store, shard)
    except StoreError as error:
        return dg.MetadataValue.text(f"not written: {error}")
    if "://" in address:
        return dg.MetadataValue.path(address)
    return dg.MetadataValue.url(Path(address).as_uri())
