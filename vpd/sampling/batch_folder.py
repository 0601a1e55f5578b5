"""A folder of batch files, from written to sent to done.

A file stays until its answers are kept. So what a file in the folder that was sent asks for is under way and
is not written a second time; files that were not sent are replaced by what is written next.

Not here: the files (`vpd.chat.batch`), sending them (`vpd.chat.batch_client`).
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vpd.chat.batch import read_custom_id, write_batch
from vpd.chat.batch_notes import held_notes
from vpd.errors import ConfigError, DataError
from vpd.sampling.offline import Missing


@dataclass(frozen=True)
class BatchFile:
    """A file, the model that it asks, whether it was sent, and if it is known, which batch it is then."""

    path: Path
    model: str
    sent: bool
    batch_id: str | None


def batch_files(folder: Path) -> list[BatchFile]:
    """Return the files of a folder. Raises ConfigError if it has none, DataError for a damaged one."""
    paths = sorted(folder.glob("requests-*.jsonl"))
    if not paths:
        raise ConfigError(f"there are no batch files in {folder}: write them with `vpd batch write`")
    return _read(folder, paths)


def write_missing(missing: Iterable[Missing], folder: Path) -> list[BatchFile]:
    """Write requests that are not under way as batch files, instead of those that were not sent.

    Returns the files that were not sent yet; raises as `write_batch` does.
    """
    folder.mkdir(parents=True, exist_ok=True)
    before = _read(folder, sorted(folder.glob("requests-*.jsonl")))
    under_way = {sample for file in before if file.sent for sample in _samples(file.path)}
    written = set(write_batch(((m.request, _left(m, under_way)) for m in missing), folder))
    for file in before:
        if not file.sent and file.path not in written:
            file.path.unlink()
    return [file for file in _read(folder, sorted(written)) if not file.sent]


def _read(folder: Path, paths: Iterable[Path]) -> list[BatchFile]:
    files = []
    with held_notes(folder) as notes:
        for path in paths:
            with path.open("rb") as file:
                model = _model(path, file.readline())
                file.seek(0)
                note = notes.get(hashlib.file_digest(file, "sha256").hexdigest())
            files.append(BatchFile(path, model, note is not None, None if note is None else note.batch))
    return files


def _model(path: Path, line: bytes) -> str:
    try:
        return str(json.loads(line)["body"]["model"])
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is no batch file ({error}): delete it") from error


def _samples(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the keys and samples that a file asks for."""
    with path.open("rb") as lines:
        for line in lines:
            named = read_custom_id(json.loads(line)["custom_id"])
            if named is not None:
                yield from ((named[0], sample) for sample in named[1])


def _left(missing: Missing, under_way: set[tuple[str, int]]) -> list[int]:
    return [sample for sample in missing.samples if (missing.request.key, sample) not in under_way]
