"""The examples of a variant, in a folder store of their own: a fork of the store of a study.

What the settings do not touch is shared with the source by hard links; verdicts and examples are made anew
unless the source's are current for the settings. A fork's folder is named after the settings and the data it
was made from, so a fork is never stale, and variants and studies of equal settings share one.
"""

import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from vpd.errors import ConfigError, StoreError
from vpd.fitness.check import check_examples
from vpd.fitness.report import require_fit
from vpd.objects import FolderObjects
from vpd.rationale.stage import build_examples
from vpd.records import (
    EXAMPLES,
    IMAGES,
    PROBES,
    PROGRAMS,
    QUESTIONS,
    REFUSED,
    SCENE_TRUTH,
    TRACES,
    VERDICTS,
    Question,
    Table,
    stable_id,
)
from vpd.rewriting.rewriter import open_rewriter
from vpd.settings import load_settings
from vpd.stage import refused_shard
from vpd.store import ArtifactStore, blob_name
from vpd.study.data_settings import DataSettings
from vpd.study.labels import known_labels, with_fewer_labels, without_hidden
from vpd.verification.stage import verify_programs

_INPUTS: tuple[Table[Any], ...] = (IMAGES, QUESTIONS, PROGRAMS, TRACES, PROBES)
_MADE: tuple[Table[Any], ...] = (VERDICTS, EXAMPLES)
Tell = Callable[[str], None]


def open_folder(uri: str) -> ArtifactStore:
    """Open the store of a study; raises ConfigError unless it is a folder."""
    store = ArtifactStore.open(uri)
    if not isinstance(store.objects, FolderObjects):
        raise ConfigError(
            f"a study shares the files of its store, and {uri} is no folder: set VPD_STORE to one"
        )
    return store


def prepare(
    source: ArtifactStore, shards: Sequence[str], settings: DataSettings, folder: Path, tell: Tell
) -> ArtifactStore:
    """Return a fork under `folder` with examples made by the settings, and checked.

    `tell` is told what is done. Raises MissingShardError if the source lacks a table, LeakageError if the
    examples are unfit for training, EndpointError if rationales cannot be reworded.
    """
    fork = ArtifactStore.open(str(folder / _identity(source, shards, settings)))
    if fork.get_document("studies/forked") is None:
        tell("sharing the tables")
        _share(source, fork, shards, settings)
        fork.put_document("studies/forked", settings.model_dump())
    opened = open_rewriter(load_settings()) if settings.rewrite else nullcontext()
    with opened as rewriter:
        for number, shard in enumerate(shards, 1):
            tell(f"verdicts and examples, shard {number} of {len(shards)}")
            verify_programs(fork, shard, policy=settings.policy, first=settings.first)
            build_examples(fork, shard, rewriter=rewriter)
    _check(fork, shards, tell)
    return fork


def _identity(source: ArtifactStore, shards: Sequence[str], settings: DataSettings) -> str:
    digests = [source.manifest(table, shard).data_sha256 for table in _INPUTS for shard in shards]
    return stable_id("fork", settings.model_dump(), list(shards), digests)


def _check(fork: ArtifactStore, shards: Sequence[str], tell: Tell) -> None:
    digests = {shard: fork.manifest(EXAMPLES, shard).data_sha256 for shard in shards}
    if fork.get_document("studies/fit") == digests:
        return
    tell("checking the examples")
    require_fit(check_examples(fork, shards))
    fork.put_document("studies/fit", digests)


def _share(source: ArtifactStore, fork: ArtifactStore, shards: Sequence[str], settings: DataSettings) -> None:
    for name in source.documents("sources/"):
        _link(source, fork, f"documents/{name}.json")
    whole = settings.labels == 1
    for shard in shards:
        for image_id in source.read_shard(IMAGES, shard)["image_id"]:
            _link(source, fork, blob_name(image_id))
        for table in _INPUTS if whole else (IMAGES, PROGRAMS, TRACES):
            _link_shard(source, fork, table, shard)
        for table in (*(_MADE if whole else ()), SCENE_TRUTH):
            if source.find_manifest(table, shard) is not None:
                _link_shard(source, fork, table, shard)
            if source.find_manifest(REFUSED, refused_shard(table, shard)) is not None:
                _link_shard(source, fork, REFUSED, refused_shard(table, shard))
    if not whole:
        _hide_labels(source, fork, shards, settings)


def _hide_labels(
    source: ArtifactStore, fork: ArtifactStore, shards: Sequence[str], settings: DataSettings
) -> None:
    """Write the fork's questions and probes; what they are made from is in the name of the fork."""
    questions: dict[str, list[Question]] = {
        shard: with_fewer_labels(QUESTIONS.rows(source.read_shard(QUESTIONS, shard)), settings)
        for shard in shards
    }
    labels = known_labels(q for rows in questions.values() for q in rows)
    for shard, rows in questions.items():
        probes = [without_hidden(p, labels) for p in PROBES.rows(source.read_shard(PROBES, shard))]
        fork.write_shard(QUESTIONS, shard, QUESTIONS.frame(rows), "fewer labels")
        fork.write_shard(PROBES, shard, PROBES.frame(probes), "fewer labels")


def _link_shard(source: ArtifactStore, fork: ArtifactStore, table: Table[Any], shard: str) -> None:
    """Share a shard of a table; its manifest last, as that makes it committed."""
    _link(source, fork, source.manifest(table, shard).data_name)
    _link(source, fork, f"tables/{table.name}/{shard}/manifest.json")


def _link(source: ArtifactStore, fork: ArtifactStore, name: str) -> None:
    """Share one file, by a copy where the file system has no hard links."""
    old, new = Path(source.uri) / name, Path(fork.uri) / name
    try:
        new.parent.mkdir(parents=True, exist_ok=True)
        new.unlink(missing_ok=True)
        try:
            os.link(old, new)
        except OSError:
            shutil.copy2(old, new)
    except OSError as error:
        raise StoreError(f"cannot share {old} with {new}: {error}; free space or fix permissions") from error
