"""Answers of tools, kept by everything that decides them.

The key holds the picture's sha256, the region, the method, its arguments and the tool's version, so an answer
can never serve another picture, and a new tool version starts afresh. In memory the least recently used
entries go first. With a file, answers also outlive the process; several processes may share one file.

Not here: who asks (`vpd.execution.scheduler`). The file is not pruned; it may be deleted at any time.
"""

import hashlib
import json
import logging
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from vpd.errors import StoreError
from vpd.geometry import Box
from vpd.tools.methods import Plain
from vpd.tools.protocol import Detection, ToolFailure, ToolResult

Answer = ToolResult | ToolFailure
T = TypeVar("T")
_log = logging.getLogger(__name__)
_BUSY_SECONDS = 30.0  # another process writes


@dataclass(frozen=True, slots=True)
class CallKey:
    """What decides a tool's answer."""

    image_id: str
    region: Box
    method: str
    args: tuple[Plain, ...]
    tool_version: str


class ToolCache:
    """A bounded map from calls to answers, with a file behind it or not. For one thread at a time.

    Raises StoreError if the file cannot be opened. If it fails later (a full disk, say), that is logged once
    and the answers are kept in memory only: a cache is no reason to stop.
    """

    def __init__(self, entries: int, file: Path | None = None) -> None:
        self._entries = entries
        self._answers: OrderedDict[CallKey, Answer] = OrderedDict()
        self._file = _AnswerFile(file) if file is not None else None

    def __len__(self) -> int:
        return len(self._answers)

    def get(self, key: CallKey) -> Answer | None:
        """Return the answer to this very call, or None."""
        answer = self._answers.get(key)
        if answer is not None:
            self._answers.move_to_end(key)
            return answer
        kept = self._try_file("read", lambda file: file.get(key))
        if kept is not None:
            self._remember(key, kept)
        return kept

    def put(self, answers: Mapping[CallKey, Answer]) -> None:
        """Keep the answers of a batch, but not those of a tool that merely failed: that may pass."""
        lasting = {k: a for k, a in answers.items() if isinstance(a, ToolResult) or a.kind != "error"}
        for key, answer in lasting.items():
            self._remember(key, answer)
        if lasting:
            self._try_file("write", lambda file: file.put(lasting))

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _remember(self, key: CallKey, answer: Answer) -> None:
        self._answers[key] = answer
        self._answers.move_to_end(key)
        if len(self._answers) > self._entries:
            self._answers.popitem(last=False)

    def _try_file(self, what: str, use: Callable[["_AnswerFile"], T]) -> T | None:
        if self._file is None:
            return None
        try:
            return use(self._file)
        except sqlite3.Error as error:
            _log.warning(
                "cannot %s the tool cache %s (%s): going on without it", what, self._file.path, error
            )
            self._file.close()
            self._file = None
            return None


class _AnswerFile:
    """A SQLite file of answers by the hash of their key. Written per batch, without waiting for the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, _BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS answers (key BLOB PRIMARY KEY, answer TEXT) WITHOUT ROWID"
            )
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"the tool cache {path} does not open ({error}): delete it or give another"
            ) from error

    def get(self, key: CallKey) -> Answer | None:
        row = self._db.execute("SELECT answer FROM answers WHERE key = ?", [_digest(key)]).fetchone()
        return _from_json(row[0]) if row else None

    def put(self, answers: Mapping[CallKey, Answer]) -> None:
        rows = [(_digest(key), _to_json(answer)) for key, answer in answers.items()]
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.executemany("INSERT OR IGNORE INTO answers VALUES (?, ?)", rows)
            self._db.execute("COMMIT")
        except sqlite3.Error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def close(self) -> None:
        self._db.close()


def _edges(box: Box) -> list[float]:
    return [box.left, box.top, box.right, box.bottom]


def _digest(key: CallKey) -> bytes:
    parts = [key.image_id, _edges(key.region), key.method, key.args, key.tool_version]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode()).digest()


def _to_json(answer: Answer) -> str:
    if isinstance(answer, ToolFailure):
        return json.dumps({"kind": answer.kind, "message": answer.message})
    value = answer.value
    if isinstance(value, tuple) and all(isinstance(found, Detection) for found in value):
        boxes = [[*_edges(d.box), d.confidence] for d in value if isinstance(d, Detection)]
        return json.dumps({"boxes": boxes, "confidence": answer.confidence})
    return json.dumps({"value": value, "confidence": answer.confidence})


def _from_json(text: str) -> Answer:
    data = json.loads(text)
    if "message" in data:
        return ToolFailure(data["kind"], data["message"])
    if "boxes" in data:
        found = tuple(Detection(Box(*edges), confidence) for *edges, confidence in data["boxes"])
        return ToolResult(found, data["confidence"])
    return ToolResult(_plain(data["value"]), data["confidence"])


def _plain(value: Any) -> Plain:
    return tuple(_plain(item) for item in value) if isinstance(value, list) else value
