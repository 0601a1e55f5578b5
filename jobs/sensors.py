"""Sensor `new_questions_sensor`: a JSONL file dropped into VPD_HOME/inbox becomes a source, shards and a run.

A file is known by the sha256 of its content: the same content is taken once, whatever happens in between,
and changed content is a new source beside the old one. Write a file elsewhere and rename it into the inbox,
so that it is never seen half. Its format is `vpd.datasets.jsonl`; relative paths of pictures start at the
inbox.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from jobs.asset_jobs import data_job
from resources.artifact_store import ArtifactStoreResource
from vpd.datasets.jsonl import register_jsonl
from vpd.datasets.sources import shard_names
from vpd.errors import ConfigError, DataError
from vpd.settings import load_settings
from vpd.store import ArtifactStore
from vpd_assets.partitions import RANGE_START, add_shards, all_shards, range_tags


@dg.sensor(job=data_job, minimum_interval_seconds=30)
def new_questions_sensor(
    context: dg.SensorEvaluationContext, artifact_store: ArtifactStoreResource
) -> dg.SensorResult:
    """Register new files of the inbox and request runs of `data_job` for their shards.

    A file that cannot be a source is reported once, as the reason for skipping; a store that cannot be
    reached fails the tick, and the file is taken by a later one.
    """
    files = dict(_files(load_settings().home / "inbox"))
    seen = set(json.loads(context.cursor or "[]"))
    requests: list[dg.RunRequest] = []
    problems: list[str] = []
    for file, digest in files.items():
        if digest in seen:
            continue
        try:
            requests += _take(context.instance, artifact_store.open(), file, digest)
        except (ConfigError, DataError) as error:
            problems.append(f"{file.name}: {error}")
            context.log.error(problems[-1])
    reason = None if requests else "; ".join(problems) or "no new file in the inbox"
    return dg.SensorResult(requests, skip_reason=reason, cursor=json.dumps(sorted(files.values())))


def _files(inbox: Path) -> Iterator[tuple[Path, str]]:
    for file in sorted(inbox.glob("*.jsonl")):
        with file.open("rb") as content:
            yield file, hashlib.file_digest(content, "sha256").hexdigest()


def _take(
    instance: dg.DagsterInstance, store: ArtifactStore, file: Path, digest: str
) -> Iterator[dg.RunRequest]:
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", file.stem).strip("-_")[:40] or "file"
    shards = shard_names(register_jsonl(store, file, f"{stem}-{digest[:8]}"))
    add_shards(instance, shards)
    for tags in range_tags(all_shards(instance), shards):
        yield dg.RunRequest(run_key=f"{digest}:{tags[RANGE_START]}", tags=tags)
