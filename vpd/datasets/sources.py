"""Sources of pictures and questions: what is registered, how it is cut into shards, how it is read.

A source is registered once, as document `sources/<name>` of the store, and never changes: other settings or
another file are another source. Its pictures go to shards by a stable hash of their reference, and their
questions with them, so a shard of any later table needs the same shard of the earlier ones and nothing else.

Not here: the kinds of source (`vpd.datasets.scenes.source`, `vpd.datasets.jsonl`), writing tables
(`vpd.datasets.ingest`).
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Protocol

from pydantic import BaseModel

from vpd.errors import BadRowError, ConfigError
from vpd.records import canonical_json
from vpd.store import ArtifactStore

Kind = Literal["scenes", "jsonl"]
SPLITS = ("train", "val", "test")
MAX_SHARDS = 1000


@dataclass(frozen=True)
class SourceSpec:
    """A registered source: everything that decides its rows. `options` belong to the kind, as plain JSON."""

    name: str
    kind: Kind
    shards: int
    options: Mapping[str, Any]

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", self.name):
            raise ConfigError(f"source name {self.name!r}: use up to 64 letters, digits, '_' and '-'")
        if not 1 <= self.shards <= MAX_SHARDS:
            raise ConfigError(f"source {self.name}: {self.shards} shards; choose 1 to {MAX_SHARDS}")


@dataclass(frozen=True)
class ImageRef:
    """A picture of a source, by its name there. `split` None: decided by the picture's content."""

    ref: str
    split: str | None


@dataclass(frozen=True)
class RawImage:
    """A picture file as the source has it, and for a generated one its ground truth as canonical JSON."""

    data: bytes
    scene_json: str | None = None


@dataclass(frozen=True)
class RawQuestion:
    """A question as the source has it. `row` names it in messages; `split` None: that of its picture."""

    row: str
    id: str
    image_ref: str
    text: str
    answers: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    family: str = "user"
    split: str | None = None
    held_out_text: bool = False


class Source(Protocol):
    """Pictures and questions, shard by shard; iteration is lazy and always in the same order."""

    @property
    def options(self) -> BaseModel:
        """The options in force."""
        ...

    def images(self, shard: int) -> Iterator[ImageRef]:
        """Yield every picture of the shard once."""
        ...

    def load(self, ref: str) -> RawImage:
        """Read one picture; raises BadRowError if it cannot be had."""
        ...

    def questions(self, shard: int) -> Iterator[RawQuestion | BadRowError]:
        """Yield every question of the shard; a row that is none comes as the error that says why."""
        ...


def register(store: ArtifactStore, spec: SourceSpec) -> SourceSpec:
    """Register a source, options that are not given at their defaults; doing it again changes nothing.

    Raises ConfigError if the options are wrong or another source has the name.
    """
    spec = replace(spec, options=open_source(spec, store).options.model_dump(mode="json"))
    present = store.get_document(f"sources/{spec.name}")
    if present is None:
        store.put_document(f"sources/{spec.name}", asdict(spec))
        return spec
    known = SourceSpec(**present)
    differences = _differences(known, spec)
    if differences:
        raise ConfigError(
            f"source {spec.name!r} is already registered with other settings ({'; '.join(differences)}): "
            "register this one under another name"
        )
    return known


def find_spec(store: ArtifactStore, name: str) -> SourceSpec:
    """Return a registered source; raises ConfigError if there is none of the name."""
    document = store.get_document(f"sources/{name}")
    if document is None:
        known = [n.removeprefix("sources/") for n in store.documents("sources/")]
        raise ConfigError(f"no source {name!r} in {store.uri}; registered are: {', '.join(known) or 'none'}")
    return SourceSpec(**document)


def open_source(spec: SourceSpec, store: ArtifactStore) -> Source:
    """Return the source of a spec; raises ConfigError if its options do not fit its kind."""
    from vpd.datasets.jsonl import JsonlSource
    from vpd.datasets.scenes.source import ScenesSource

    if spec.kind == "scenes":
        return ScenesSource(spec, store)
    if spec.kind == "jsonl":
        return JsonlSource(spec, store)
    raise ConfigError(f"source {spec.name}: no kind {spec.kind!r}; known are scenes and jsonl")


def shard_names(spec: SourceSpec) -> list[str]:
    """Return the names of a source's shards, `<source>-<NNN>`, in order."""
    return [f"{spec.name}-{index:03d}" for index in range(spec.shards)]


def source_of(shard: str) -> str:
    """Return the name of the source a shard belongs to."""
    return shard.rpartition("-")[0]


def shard_index(spec: SourceSpec, shard: str) -> int:
    """Return the number of a shard; raises ConfigError if the source has no such shard."""
    names = shard_names(spec)
    if shard not in names:
        raise ConfigError(f"source {spec.name} has no shard {shard!r}, only {names[0]} to {names[-1]}")
    return names.index(shard)


def assign_shard(ref: str, shards: int) -> int:
    """Return the shard number of a picture from its reference."""
    return _hash(f"shard: {ref}") % shards


def assign_split(key: str) -> str:
    """Return train, val or test (80/10/10) from what identifies a picture whatever it is called."""
    share = _hash(f"split: {key}") % 10
    return "train" if share < 8 else "val" if share == 8 else "test"


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def _differences(known: SourceSpec, new: SourceSpec) -> list[str]:
    old, fresh = ({**asdict(s), **s.options} for s in (known, new))
    keys = [
        k for k in sorted(old.keys() | fresh.keys()) if k not in ("options", "parts")
    ]  # parts follow from sha256
    return [
        f"{key} is {old.get(key)!r}, not {fresh.get(key)!r}"
        for key in keys
        if canonical_json(old.get(key)) != canonical_json(fresh.get(key))
    ]
