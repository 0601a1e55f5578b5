"""A person's own file as a source: one JSON object a line.

    {"id": "a1", "image": "photos/cat.jpg", "question": "How many cats are there?", "answers": ["2"]}

`image` is a path relative to the file, an absolute path, or s3://bucket/key. `answers` may be empty or absent
(unlabelled). Optional: `choices` (list), `split` (train, val, test), `family`. Unknown keys are refused: a
misspelt `answers` would silently be an unlabelled row.

Registration copies the lines into the store, cut into one blob a shard, so that a run anywhere sees the file
as it was. Pictures are read from their own place. Ids are held in memory while registering, about 150 bytes
each.

Not here: whether a picture decodes (`vpd.datasets.pictures`).
"""

import hashlib
import json
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from vpd.datasets.sources import ImageRef, RawImage, RawQuestion, SourceSpec, assign_shard, register
from vpd.errors import BadRowError, ConfigError, StoreError
from vpd.objects import Objects, open_objects
from vpd.settings import load_settings
from vpd.store import ArtifactStore

ROWS_PER_SHARD = 500
MAX_FILE_BYTES = 200_000_000

Text = Annotated[str, StringConstraints(pattern=r"\S")]


class Row(BaseModel):
    """One line of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: Text | int
    image: Text
    question: Text
    answers: tuple[Text, ...] | None = None
    choices: tuple[Text, ...] | None = None
    split: Literal["train", "val", "test"] | None = None
    family: Text | None = None

    @property
    def ref(self) -> str:
        """The picture's reference; different spellings of one path are one reference."""
        return self.image if self.image.startswith("s3://") else posixpath.normpath(self.image)


# What a field must be: reason class and message, for the first field that is wrong.
WRONG = {
    "id": ("bad_id", "must be a string or a whole number, and not blank"),
    "image": ("bad_image", "must be a path or an s3:// address"),
    "question": ("no_text", "must be a text that is not blank"),
    "answers": ("bad_answers", 'must be a list of texts such as ["2", "two"], empty if there is no label'),
    "choices": ("bad_choices", "must be a list of texts"),
    "split": ("bad_split", "must be train, val or test"),
    "family": ("bad_family", "must be a text"),
}


class JsonlOptions(BaseModel):
    """What is recorded of a registered file: its name, folder, sha256, and the blobs of its shards' lines."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str
    folder: Path
    sha256: str
    parts: tuple[str, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Line:
    """A line as kept in a part: its number in the file, and the line that had its id before, if any."""

    number: int
    text: str
    repeats: int | None


def register_jsonl(store: ArtifactStore, file: Path, name: str, shards: int | None = None) -> SourceSpec:
    """Register a file as a source; the number of shards is by default one for 500 lines, 64 at most.

    Raises ConfigError if the file cannot be read or is empty, or if the name is taken.
    """
    try:
        with file.open("rb") as lines:
            count = sum(1 for line in lines if line.strip())
            if not count:
                raise ConfigError(f"{file} holds no line: write one JSON object a line")
            shards = shards or min(64, -(-count // ROWS_PER_SHARD))
            lines.seek(0)
            digest = hashlib.file_digest(lines, "sha256").hexdigest()
            lines.seek(0)
            parts = _put_parts(store, enumerate(lines, 1), shards)
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {error.strerror}; name a file of JSON lines") from error
    folder = str(file.resolve().parent)
    options = {"file": file.name, "folder": folder, "sha256": digest, "parts": parts}
    return register(store, SourceSpec(name, "jsonl", shards, options))


def _put_parts(store: ArtifactStore, lines: Iterator[tuple[int, bytes]], shards: int) -> list[str]:
    seen: dict[str, int] = {}
    with TemporaryDirectory() as folder:
        parts = [Path(folder, str(shard)) for shard in range(shards)]
        for part in parts:
            part.touch()
        for number, raw in lines:
            text = raw.decode("utf-8-sig" if number == 1 else "utf-8", "backslashreplace").strip()
            if not text:
                continue
            row = _parse(text)
            shard = assign_shard(row.ref if isinstance(row, Row) else f"line {number}", shards)
            first = seen.setdefault(str(row.id), number) if isinstance(row, Row) else number
            with parts[shard].open("a") as part_file:
                part_file.write(json.dumps([number, text, None if first == number else first]) + "\n")
        return [store.put_blob(part.read_bytes()) for part in parts]


class JsonlSource:
    """The `Source` of a registered file; `store` holds its lines."""

    def __init__(self, spec: SourceSpec, store: ArtifactStore) -> None:
        try:
            self.options = JsonlOptions.model_validate(dict(spec.options))
        except ValidationError as error:
            raise ConfigError(f"source {spec.name}: {error}") from error
        self.store = store

    def images(self, shard: int) -> Iterator[ImageRef]:
        """Yield the pictures that a good line names; the first line that gives a split decides it."""
        yield from (ImageRef(ref, split) for ref, split in self._splits(shard).items())

    def load(self, ref: str) -> RawImage:
        """Read a picture file; raises BadRowError if there is none."""
        return RawImage(_read_s3(ref) if ref.startswith("s3://") else _read_file(self.options.folder / ref))

    def questions(self, shard: int) -> Iterator[RawQuestion | BadRowError]:
        """Yield the lines of a shard as questions."""
        splits = self._splits(shard)
        for line in self._lines(shard):
            where = f"{self.options.file}:{line.number}"
            row = _check(line, splits)
            if isinstance(row, BadRowError):
                row.row = where
                yield row
                continue
            yield RawQuestion(
                row=where,
                id=str(row.id),
                image_ref=row.ref,
                text=row.question,
                answers=row.answers or (),
                choices=row.choices or (),
                family=row.family or "user",
                split=row.split,
            )

    def _lines(self, shard: int) -> Iterator[Line]:
        for text in self.store.get_blob(self.options.parts[shard]).splitlines():
            number, line, repeats = json.loads(text)
            yield Line(number, line, repeats)

    def _splits(self, shard: int) -> dict[str, str | None]:
        splits: dict[str, str | None] = {}
        for line in self._lines(shard):
            row = _check(line, {})
            if isinstance(row, Row):
                splits[row.ref] = splits.get(row.ref) or row.split
        return splits


def _check(line: Line, splits: dict[str, str | None]) -> Row | BadRowError:
    if line.repeats is not None:
        problem = f"the id was already used in line {line.repeats}: give every line an id of its own"
        return BadRowError(problem, reason="duplicate_id")
    row = _parse(line.text)
    if isinstance(row, Row) and row.split and row.split != splits.get(row.ref, row.split):
        problem = (
            f"`split` is {row.split}, but an earlier line put {row.ref} in {splits[row.ref]}: use one split"
        )
        return BadRowError(problem, reason="two_splits")
    return row


def _parse(text: str) -> Row | BadRowError:
    try:
        return Row.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        detail = str(first["ctx"]["error"])
        return BadRowError(f"not JSON in UTF-8 ({detail}): write one object a line", reason="not_json")
    if not first["loc"]:
        return BadRowError("not a JSON object: write one object a line", reason="not_an_object")
    key = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        return BadRowError(f"unknown key {key!r}; known are {', '.join(WRONG)}", reason="unknown_key")
    if first["type"] == "missing":
        return BadRowError(f"there is no `{key}`: add it", reason="missing_key")
    reason, must = WRONG[key]
    return BadRowError(f"`{key}` {must}", reason=reason)


def _read_file(path: Path) -> bytes:
    try:
        if path.is_file() and path.stat().st_size > MAX_FILE_BYTES:
            raise BadRowError(f"picture file {path} is over 200 MB: make it smaller", reason="too_large")
        if path.exists() and not path.is_file():
            raise BadRowError(f"{path} is not a file: correct `image`", reason="missing_file")
        return path.read_bytes()
    except FileNotFoundError as error:
        problem = f"there is no picture file {path}: put it there or correct `image`"
        raise BadRowError(problem, reason="missing_file") from error
    except (OSError, ValueError) as error:
        raise BadRowError(f"cannot read picture file {path}: {error}", reason="missing_file") from error


def _read_s3(address: str) -> bytes:
    bucket, _, key = address.removeprefix("s3://").partition("/")
    try:
        data = _bucket(bucket).get(key)
    except (ConfigError, StoreError) as error:
        raise BadRowError(f"cannot read picture {address}: {error}", reason="missing_file") from error
    if data is None:
        raise BadRowError(f"there is no picture {address}: put it there", reason="missing_file")
    return data


@cache
def _bucket(name: str) -> Objects:
    return open_objects(f"s3://{name}", load_settings().s3_endpoint)
