"""`vpd ingest`: take a person's own pictures and questions into the store."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from vpd.datasets.ingest import ingest_images, ingest_questions
from vpd.datasets.jsonl import register_jsonl
from vpd.datasets.sources import shard_names
from vpd.errors import DataError
from vpd.records import REFUSED
from vpd.settings import load_settings
from vpd.stage import ShardResult
from vpd.store import ArtifactStore

SHOWN = 10


def command(
    file: Annotated[Path, typer.Argument(help="File with one JSON object a line.")],
    name: Annotated[str, typer.Option(help="Name of the source; shards are called NAME-000 and so on.")],
    shards: Annotated[int | None, typer.Option(help="Number of shards; default: one for 500 lines.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Read every picture again.")] = False,
) -> None:
    """Take pictures and questions into the store: check every row, keep the good ones, say why of the others.

    A line is an object with id, image (path relative to the file, absolute path or s3://bucket/key),
    question, and if known answers (list of texts), choices, split (train, val, test) and family.

    After an interruption, run it again and it goes on. After mending picture files, run it again and the
    rows that were refused are tried again.

    Example: vpd ingest questions.jsonl --name mine
    """
    settings = load_settings()
    store = ArtifactStore.open(settings.store_uri, settings.s3_endpoint)
    spec = register_jsonl(store, file, name, shards)
    console = Console()
    results = []
    for shard in track(shard_names(spec), "ingesting", console=console):
        results += [_ingested(store, shard, again)]
    _show(console, store, results)
    if not any(questions.manifest.rows for _, questions in results):
        raise DataError(f"no row of {file} could be taken: correct the file and register it under a new name")
    shown = f"{shard_names(spec)[0]} to {shard_names(spec)[-1]}" if spec.shards > 1 else shard_names(spec)[0]
    console.print(f"Next: [bold]dagster dev[/], then materialise {shown}", highlight=False)


def _ingested(store: ArtifactStore, shard: str, again: bool) -> tuple[ShardResult, ShardResult]:
    images = ingest_images(store, shard, redo=again)
    if not images.computed and images.manifest.stats["refused"]:
        images = ingest_images(store, shard, redo=True)
    return images, ingest_questions(store, shard, redo=images.computed)


def _show(console: Console, store: ArtifactStore, results: list[tuple[ShardResult, ShardResult]]) -> None:
    table = Table("", "taken", "refused", "why")
    for what, shards in zip(("pictures", "questions"), zip(*results, strict=True), strict=True):
        manifests = [result.manifest for result in shards]
        reasons: Counter[str] = Counter()
        for manifest in manifests:
            reasons.update(manifest.stats["refused_by_reason"])
        taken, refused = sum(m.rows for m in manifests), sum(m.stats["refused"] for m in manifests)
        why = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common())
        table.add_row(what, str(taken), str(refused), why)
    console.print(table)
    problems = _problems(store, results)
    for row, problem in problems[:SHOWN]:
        console.print(f"[red]{escape(row)}[/]: {escape(problem)}", highlight=False, soft_wrap=True)
    if len(problems) > SHOWN:
        console.print(f"... and {len(problems) - SHOWN} more: vpd lineage sql 'SELECT * FROM refused'")


def _problems(store: ArtifactStore, results: list[tuple[ShardResult, ShardResult]]) -> list[tuple[str, str]]:
    """The refused rows, questions first: they name the line of the file."""
    found = []
    for result in [*(q for _, q in results), *(i for i, _ in results)]:
        manifest = result.manifest
        if manifest.stats["refused"]:
            name = f"{manifest.table}.{manifest.shard}"
            found += [(r.row, r.problem) for r in REFUSED.rows(store.read_shard(REFUSED, name))]
    return found
