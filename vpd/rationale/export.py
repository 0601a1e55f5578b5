"""Examples as files that other trainers read, from any number of shards, one in memory at a time.

    images/<sha256>.<png|jpg>            each picture once
    parquet/<split>-<shard>.parquet      messages, and images with their bytes; row groups of 100 rows
    chat/<split>.jsonl                   messages as lists of parts, images as paths (TRL, transformers)
    llamafactory/<split>.jsonl           messages as text with <image>, images as paths
    dataset_info.json                    tells LLaMA-Factory where those are

Every row says where it comes from: example, question, picture, verdict, trace, renderer. Paths are relative
to the folder. The Parquet files name their features, so that `datasets` decodes the pictures by itself.

Not here: a dataset card, preference pairs.
"""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from vpd.errors import StoreError
from vpd.rationale.chat import chat_messages, text_messages
from vpd.records import EXAMPLES, IMAGES, Example
from vpd.store import ArtifactStore

ROWS_PER_GROUP = 100
INFO = "dataset_info.json"
JSONL_FORMS: dict[str, Callable[[Example], Any]] = {"chat": chat_messages, "llamafactory": text_messages}
PROVENANCE = ("example_id", "question_id", "image_id", "split", "family", "mode")
RATIONALE_PROVENANCE = ("verdict_id", "trace_id", "renderer")
_SUFFIXES = {"image/png": "png", "image/jpeg": "jpg"}


@dataclass(frozen=True)
class Export:
    """What was written: examples by split, and the number of pictures."""

    folder: Path
    examples: dict[str, int]
    images: int


def export_chat(store: ArtifactStore, shards: Sequence[str], folder: Path) -> Export:
    """Write the examples of the shards to a folder; an earlier export is replaced when this one is complete.

    Raises StoreError if the folder cannot be written or holds anything but an export, MissingShardError if a
    shard is not committed.
    """
    if folder.exists() and not (folder / INFO).exists() and any(folder.iterdir()):
        raise StoreError(f"{folder} is not empty and holds no export: name another folder")
    building = folder.with_name(f"{folder.name}.part")
    try:
        shutil.rmtree(building, ignore_errors=True)
        examples: Counter[str] = Counter()
        for shard in shards:
            examples.update(_write_shard(store, shard, building))
        _write_info(building, examples)
        shutil.rmtree(folder, ignore_errors=True)
        building.rename(folder)
    except OSError as error:
        raise StoreError(f"cannot write the export to {folder}: {error}") from error
    return Export(folder, dict(sorted(examples.items())), sum(1 for _ in (folder / "images").iterdir()))


def _write_shard(store: ArtifactStore, shard: str, folder: Path) -> Counter[str]:
    """Add one shard to an export and return its examples by split."""
    examples = EXAMPLES.rows(store.read_shard(EXAMPLES, shard))
    suffixes = {i.image_id: _SUFFIXES[i.media_type] for i in IMAGES.rows(store.read_shard(IMAGES, shard))}
    pictures = {e.image_id: f"images/{e.image_id}.{suffixes[e.image_id]}" for e in examples}
    blobs = {image_id: store.get_blob(image_id) for image_id in pictures}
    for image_id, name in pictures.items():
        _file(folder, name).write_bytes(blobs[image_id])
    by_split: dict[str, list[Example]] = {}
    for example in sorted(examples, key=lambda e: (e.image_id, e.question_id, e.mode)):
        by_split.setdefault(example.split, []).append(example)
    for split, rows in by_split.items():
        for form, messages in JSONL_FORMS.items():
            lines = (_row(e, messages(e), [pictures[e.image_id]]) for e in rows)
            _append_lines(_file(folder, f"{form}/{split}.jsonl"), lines)
        images = {i: [{"bytes": blobs[i], "path": name}] for i, name in pictures.items()}
        table = [_row(e, chat_messages(e), images[e.image_id]) for e in rows]
        target = _file(folder, f"parquet/{split}-{shard}.parquet")
        pq.write_table(pa.Table.from_pylist(table, _SCHEMA), target, row_group_size=ROWS_PER_GROUP)
    return Counter(e.split for e in examples)


def _row(example: Example, messages: Any, images: list[Any]) -> dict[str, Any]:
    """Return one row; provenance that an example lacks is an empty text, so that each column has one type."""
    provenance = {name: getattr(example, name) or "" for name in (*PROVENANCE, *RATIONALE_PROVENANCE)}
    return {"messages": messages, "images": images, **provenance}


def _append_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def _write_info(folder: Path, splits: Iterable[str]) -> None:
    """Describe the splits to LLaMA-Factory, whose `dataset_dir` is then the export's folder."""
    tags = {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}
    info = {
        f"vpd_{split}": {
            "file_name": f"llamafactory/{split}.jsonl",
            "formatting": "sharegpt",
            "columns": {"messages": "messages", "images": "images"},
            "tags": tags,
        }
        for split in sorted(splits)
    }
    _file(folder, INFO).write_text(json.dumps(info, indent=2), encoding="utf-8")
    (folder / "images").mkdir(exist_ok=True)


def _file(folder: Path, name: str) -> Path:
    """Return a file's path, its folder made."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _schema() -> pa.Schema:
    """Return the Parquet schema, with the features that `datasets` reads from its metadata."""
    text = {"dtype": "string", "_type": "Value"}
    names = (*PROVENANCE, *RATIONALE_PROVENANCE)
    features = {
        "messages": [{"role": text, "content": [{"type": text, "text": text}]}],
        "images": [{"_type": "Image"}],
        **dict.fromkeys(names, text),
    }
    part = pa.struct([("type", pa.string()), ("text", pa.string())])
    message = pa.struct([("role", pa.string()), ("content", pa.list_(part))])
    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    columns = {"messages": pa.list_(message), "images": pa.list_(image), **dict.fromkeys(names, pa.string())}
    return pa.schema(columns, metadata={"huggingface": json.dumps({"info": {"features": features}})})


_SCHEMA = _schema()
