"""`vpd export`: a data set folder for other trainers, from any number of shards, one in memory at a time.

    README.md, croissant.json                    the card, and the same for machines
    export.json                                  counts, and what the data set was made from
    data/<table>/<split>-<shard>.parquet         default, preferences-programs, preferences-rationales, steps
    chat/<split>.jsonl                           messages as lists of parts, images as paths (TRL)
    llamafactory/<split>.jsonl                   messages as text with <image>, images as paths
    dataset_info.json                            tells LLaMA-Factory where those are
    images/<sha256>.<png|jpg>                    the pictures of the JSONL forms, each once

With the form `parquet` the folder is a data set as the Hugging Face hub has them:
`datasets.load_dataset(FOLDER, TABLE)` reads a table, pictures inside. Paths are relative to the folder.

Not here: what the tables hold (`vpd.export.examples`, `.preferences`, `.steps`), upload.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from vpd.export.card import card_text
from vpd.export.content import Content, Form
from vpd.export.croissant import croissant
from vpd.export.examples import EXAMPLE_ROWS, write_llamafactory_info
from vpd.export.origin import Origin, collect_origin
from vpd.export.replacing import replacing
from vpd.store import ArtifactStore

MARKER = "export.json"


@dataclass(frozen=True)
class Export:
    """What was written: rows by table and split, rows left out because an equal one is there, and origin."""

    folder: Path
    rows: dict[str, dict[str, int]]
    repeated: dict[str, int]
    origin: Origin


def export_dataset(
    store: ArtifactStore,
    shards: Sequence[str],
    folder: Path,
    forms: Sequence[Form] = tuple(Form),
    most: int = 4,
) -> Export:
    """Write a data set to a folder; an earlier export is replaced when this one is complete.

    `most` bounds the pairs of each kind that one question gives, and its runs with labelled steps, kept and
    wrong ones each. Raises StoreError if the folder cannot be written or holds anything but an export,
    MissingShardError if a shard is not committed.
    """
    origin = collect_origin(store, shards)
    with replacing(folder, MARKER) as building:
        content = Content(store, building, forms, most)
        content.add(shards)
        rows = {table: dict(sorted(splits.items())) for table, splits in sorted(content.rows.items())}
        done = Export(folder, rows, dict(sorted(content.repeated.items())), origin)
        _describe(building, forms, done)
    return done


def _describe(folder: Path, forms: Sequence[Form], done: Export) -> None:
    """Write the card and the files that tell programs what there is."""
    tables = done.rows if Form.PARQUET in forms else {}
    if Form.LLAMAFACTORY in forms:
        write_llamafactory_info(folder, done.rows.get(EXAMPLE_ROWS.name, {}))
    documents = {
        "croissant.json": croissant(done.origin, tables),
        MARKER: {"rows": done.rows, "repeated": done.repeated, "origin": asdict(done.origin)},
    }
    for name, document in documents.items():
        (folder / name).write_text(json.dumps(document, indent=2, ensure_ascii=False), encoding="utf-8")
    (folder / "README.md").write_text(card_text(done.origin, tables, done.repeated), encoding="utf-8")
