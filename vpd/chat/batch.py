"""Requests as files for the Batch API, which answers them within a day at a lower price.

The format is that of the OpenAI Batch API. A line names
its request by key and samples in `custom_id`, so a file of results is enough to keep its answers.

Not here: sending the files (`vpd.chat.batch_client`), keeping the answers (`vpd.chat.batch_results`).
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vpd.chat.request import Request
from vpd.errors import DataError
from vpd.objects import FolderObjects
from vpd.records import canonical_json

MOST_REQUESTS = 50_000
MOST_BYTES = 200_000_000
_SPAN = "[0-9]{1,4}(?:-[0-9]{1,4})?"
_CUSTOM_ID = re.compile(f"([0-9a-f]{{64}}):({_SPAN}(?:,{_SPAN})*)")


@dataclass
class _Part:
    """The lines of a file that is not full yet."""

    lines: list[bytes] = field(default_factory=list)
    size: int = 0


def write_batch(
    requests: Iterable[tuple[Request, Sequence[int]]],
    folder: Path,
    most_requests: int = MOST_REQUESTS,
    most_bytes: int = MOST_BYTES,
) -> list[Path]:
    """Write requests, each with the samples to ask for, as batch files into a folder; return the files.

    A file has one model, one kind of request and at most so many lines and bytes. It is named by its content,
    so writing the same requests again gives the same files. A request that comes twice is written once.
    Raises DataError if a single line is too long, and StoreError if a file cannot be written.
    """
    parts: dict[tuple[str, str], _Part] = {}
    seen: set[str] = set()
    written: list[Path] = []
    for request, samples in requests:
        name = custom_id(request.key, samples)
        if name in seen or not samples:
            continue
        seen.add(name)
        url, line = _line(name, request, samples)
        if len(line) > most_bytes:
            raise DataError(
                f"the request {request.question!r} takes {len(line):,} bytes, more than a batch file may "
                f"have ({most_bytes:,}): shorten its prompt or its pictures"
            )
        part = parts.setdefault((url, str(request.payload.get("model"))), _Part())
        if len(part.lines) == most_requests or part.size + len(line) > most_bytes:
            written.append(_written(part, folder))
            part.lines, part.size = [], 0
        part.lines.append(line)
        part.size += len(line)
    return written + [_written(part, folder) for part in parts.values()]


def _line(name: str, request: Request, samples: Sequence[int]) -> tuple[str, bytes]:
    """Return the path that a request goes to, and its line."""
    url = "/v1/completions" if request.raw else "/v1/chat/completions"
    asked = {"custom_id": name, "method": "POST", "url": url, "body": request.body(samples)}
    return url, canonical_json(asked).encode() + b"\n"


def _written(part: _Part, folder: Path) -> Path:
    data = b"".join(part.lines)
    name = f"requests-{hashlib.sha256(data).hexdigest()[:16]}.jsonl"
    FolderObjects(folder).put(name, data)
    return folder / name


def custom_id(key: str, samples: Sequence[int]) -> str:
    """Return what names a request and its samples: the key and "0-4" or "1,3-5"."""
    spans: list[list[int]] = []
    for sample in sorted(samples):
        if spans and spans[-1][-1] == sample - 1:
            spans[-1] = [spans[-1][0], sample]
        else:
            spans.append([sample])
    return f"{key}:{','.join('-'.join(map(str, span)) for span in spans)}"


def read_custom_id(name: object) -> tuple[str, list[int]] | None:
    """Return the key and the samples that `custom_id` named, or None if this is none of its names."""
    found = _CUSTOM_ID.fullmatch(name) if isinstance(name, str) else None
    if found is None:
        return None
    key, spans = found.groups()
    ends = (span.partition("-") for span in spans.split(","))
    return key, [s for first, _, last in ends for s in range(int(first), int(last or first) + 1)]
