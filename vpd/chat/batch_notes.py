"""Which batch file was sent as which batch: `batches.json` beside the files.

Whoever sends holds the folder meanwhile, so two processes cannot send one file at once.
"""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from vpd.errors import StoreError
from vpd.objects import FolderObjects
from vpd.records import canonical_json

NAME = "batches.json"


@dataclass(frozen=True)
class Note:
    """A file's name, and the endpoint's ids of the file and of its batch as far as they are known."""

    file: str
    input: str | None = None
    batch: str | None = None


class Notes:
    """Notes by the sha256 of the file; each is durable when `put` returns."""

    def __init__(self, folder: Path) -> None:
        """Read the notes of a folder. Raises StoreError if they are damaged."""
        self._objects = FolderObjects(folder)
        text = self._objects.get(NAME) or b"{}"
        try:
            self._notes = {digest: Note(**note) for digest, note in json.loads(text).items()}
        except (ValueError, TypeError, AttributeError) as error:
            raise StoreError(
                f"{folder / NAME} is damaged ({error}): delete it, batches that were sent are found again"
            ) from error

    def get(self, digest: str) -> Note | None:
        """Return what is noted of a file."""
        return self._notes.get(digest)

    def put(self, digest: str, note: Note) -> None:
        """Note a file. Raises StoreError."""
        self._notes[digest] = note
        text = canonical_json({digest: asdict(note) for digest, note in self._notes.items()})
        self._objects.put(NAME, text.encode())


@contextmanager
def held_notes(folder: Path) -> Iterator[Notes]:
    """Hold a folder and its notes; waits while another process does."""
    try:
        lock = (folder / ".lock").open("w")
    except OSError as error:
        raise StoreError(f"cannot write {folder}: {error}; free space or fix permissions") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield Notes(folder)
