"""Sends batch files to an endpoint's Batch API and fetches their results; no file is paid for twice.

A batch carries the sha256 of its file as metadata. Before a file is sent, the batch that it may have is
looked up: in the notes beside the file, then in the endpoint's list. So a process that is killed between
sending a file and noting its batch, or an answer lost on the way, costs nothing. A batch that ended without
a single answer cost nothing either, and its file may be sent again.

Follows the OpenAI Batch API: a file is uploaded, a batch made of it, and the list of batches comes in pages,
the newest first. The API key is held by the HTTP client only.

Not here: the lines of the files (`vpd.chat.batch`, `vpd.chat.batch_results`).
"""

import hashlib
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vpd.chat.batch_http import BatchHttp, Part
from vpd.chat.batch_notes import Note, held_notes
from vpd.errors import DataError, EndpointError

MARK = "vpd"
"""The metadata that holds the sha256 of a batch's file."""
_MOST_LISTED = 100  # batches to a page
_ENDED = frozenset({"completed", "failed", "expired", "cancelled"})


@dataclass(frozen=True)
class BatchStatus:
    """How far a batch is: requests in all, answered and failed; and what is wrong with its file, if it is."""

    batch_id: str
    status: str
    total: int
    completed: int
    failed: int
    result_files: tuple[str, ...]
    problem: str | None

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.status in _ENDED

    @property
    def in_vain(self) -> bool:
        """Whether it ended without an answer; an endpoint that does not count is taken to have answered."""
        return self.ended and not self.completed and (self.total > 0 or self.status == "failed")


class BatchClient:
    """The Batch API of one endpoint, with retries for what passes."""

    def __init__(self, url: str, api_key: str = "", timeout: float = 600, pause: float = 1.0) -> None:
        """Connect to nobody yet. `timeout` of one attempt and `pause` after the first are in seconds."""
        self._http = BatchHttp(url, api_key, timeout, pause)

    def submit(self, path: Path) -> str:
        """Send a file that `write_batch` wrote, unless it was sent before; return the id of its batch.

        Raises EndpointError if the endpoint refuses or is not there, DataError if this is no batch file, and
        StoreError if the batch cannot be noted.
        """
        digest, goes_to = _survey(path)
        with held_notes(path.parent) as notes:
            note = notes.get(digest) or Note(path.name)
            if note.batch and not self.poll(note.batch).in_vain:
                return note.batch
            batch = self._http.retried(lambda: self._find(digest, note.input))
            if batch is None:
                sent = self._http.retried(lambda: self._upload(path))
                note = Note(path.name, sent)
                notes.put(digest, note)
                batch = self._http.retried(
                    lambda: self._find(digest, sent) or self._create(digest, sent, goes_to)
                )
            notes.put(digest, replace(note, batch=batch))
            return batch

    def poll(self, batch_id: str) -> BatchStatus:
        """Return how far a batch is. Raises EndpointError if the endpoint has none of this id."""
        return self._http.retried(lambda: self._http.send("GET", f"/batches/{batch_id}", _Batch)).told()

    def results(self, batch_id: str) -> Iterator[bytes]:
        """Return the lines of a batch's output and error files, in no order.

        An expired or cancelled batch has those that were ready. Raises EndpointError if the batch goes on or
        its file was refused.
        """
        status = self.poll(batch_id)
        if not status.ended:
            raise EndpointError(
                f"batch {batch_id} is {status.status} ({status.completed} of {status.total} requests "
                "answered): fetch its results when it has ended"
            )
        if status.problem and not status.result_files:
            raise EndpointError(
                f"batch {batch_id} {status.status} at {self._http.url}: {status.problem}; "
                "correct that and submit its file again, nothing was paid for"
            )
        return (line for name in status.result_files for line in self._lines(name))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _find(self, digest: str, sent: str | None) -> str | None:
        """Return the batch in the endpoint's list that has this file, unless it ended in vain."""
        after: dict[str, str] = {}
        while True:
            page = self._http.send("GET", "/batches", _Page, params={"limit": _MOST_LISTED, **after})
            for batch in page.data:
                same = (batch.metadata or {}).get(MARK) == digest or (sent and batch.input_file_id == sent)
                if same and not batch.told().in_vain:
                    return batch.id
            if not page.has_more or not page.data:
                return None
            after = {"after": page.data[-1].id}

    def _upload(self, path: Path) -> str:
        with path.open("rb") as file:
            parts = {"file": (path.name, file, "application/jsonl")}
            return self._http.send("POST", "/files", _File, files=parts, data={"purpose": "batch"}).id

    def _create(self, digest: str, sent: str, goes_to: str) -> str:
        asked = {
            "input_file_id": sent,
            "endpoint": goes_to,
            "completion_window": "24h",
            "metadata": {MARK: digest},
        }
        return self._http.send("POST", "/batches", _Batch, json=asked).id

    def _lines(self, file_id: str) -> Iterator[bytes]:
        """Yield the lines of one of the endpoint's files, which is fetched whole before the first."""
        with tempfile.TemporaryFile() as file:
            self._http.retried(lambda: self._http.download(f"/files/{file_id}/content", file))
            file.seek(0)
            yield from file


class _File(Part):
    id: str


class _Counts(Part):
    total: int = 0
    completed: int = 0
    failed: int = 0


class _Batch(Part):
    id: str
    status: str
    input_file_id: str | None = None
    output_file_id: str | None = None
    error_file_id: str | None = None
    request_counts: _Counts | None = None
    metadata: dict[str, Any] | None = None
    errors: Any = None

    def told(self) -> BatchStatus:
        counts = self.request_counts or _Counts()
        files = tuple(name for name in (self.output_file_id, self.error_file_id) if name)
        problem = json.dumps(self.errors)[:500] if self.errors else None
        return BatchStatus(
            self.id, self.status, counts.total, counts.completed, counts.failed, files, problem
        )


class _Page(Part):
    data: list[_Batch]
    has_more: bool = False


def _survey(path: Path) -> tuple[str, str]:
    """Return a batch file's sha256 and the path that its requests go to."""
    try:
        with path.open("rb") as file:
            goes_to = json.loads(file.readline())["url"]
            file.seek(0)
            return hashlib.file_digest(file, "sha256").hexdigest(), str(goes_to)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is no batch file ({error}): write it with write_batch") from error
