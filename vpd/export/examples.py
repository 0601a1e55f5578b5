"""Examples in three forms: Parquet rows, chat messages of TRL and transformers, and LLaMA-Factory's.

Every row says where it comes from: example, question, picture, verdict, trace, renderer.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from vpd.export.tables import TALK_OF_PARTS, TEXT, ExportTable, Row, split_name
from vpd.rationale.chat import chat_messages, text_messages
from vpd.records import Example

PROVENANCE = ("example_id", "question_id", "image_id", "split", "family", "mode")
RATIONALE_PROVENANCE = ("verdict_id", "trace_id", "renderer")
_NAMES = (*PROVENANCE, *RATIONALE_PROVENANCE)
EXAMPLE_ROWS = ExportTable(
    "default",
    "an example: a picture and a question, with the answer or the rationale that the student should write; "
    "`messages` is the conversation, `question` and `response` the same texts alone",
    {"messages": TALK_OF_PARTS, "question": TEXT, "response": TEXT, **dict.fromkeys(_NAMES, TEXT)},
)
JSONL_FORMS: dict[str, Callable[[Example], Any]] = {"chat": chat_messages, "llamafactory": text_messages}
INFO = "dataset_info.json"


def example_row(example: Example) -> Row:
    """Return an example as a Parquet row."""
    texts = {"question": example.prompt, "response": example.target}
    columns = {"messages": chat_messages(example), **texts, **_provenance(example)}
    return Row(example.split, example.image_id, columns)


def append_lines(path: Path, form: str, examples: Iterable[tuple[Example, str]]) -> None:
    """Append examples, each with the path of its picture in the export, to a JSONL file of a form."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        for example, picture in examples:
            row = {"messages": JSONL_FORMS[form](example), "images": [picture], **_provenance(example)}
            file.write(f"{json.dumps(row, ensure_ascii=False)}\n")


def write_llamafactory_info(folder: Path, splits: Iterable[str]) -> None:
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
    (folder / INFO).write_text(json.dumps(info, indent=2), encoding="utf-8")


def _provenance(example: Example) -> dict[str, str]:
    """Return where it comes from; what an example lacks is an empty text, so that columns have one type."""
    columns = {name: getattr(example, name) or "" for name in _NAMES}
    return {**columns, "split": split_name(example.split)}
