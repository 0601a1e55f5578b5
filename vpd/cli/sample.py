"""`vpd sample`: ask the language model for programs, outside Dagster."""

import datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table

from vpd.chat.embedded import SAMPLER_MODEL
from vpd.datasets.sources import find_spec, shard_names
from vpd.records import QUESTIONS
from vpd.sampling.record import save_record
from vpd.sampling.sampler import Sampler, open_sampler
from vpd.sampling.stage import sample_programs
from vpd.settings import load_settings
from vpd.stage import ShardResult
from vpd.store import ArtifactStore


def command(
    source: Annotated[str, typer.Argument(help="name of an ingested source, see `vpd ingest`")],
    record: Annotated[
        Path | None, typer.Option(help="also write the model's answers to this file, to be shipped")
    ] = None,
) -> None:
    """Sample programs for every question of an ingested source.

    Answers come from the cache, the shipped record, or the live model: the endpoint in VPD_LLM_URL, else the
    embedded Qwen2.5-Coder-1.5B. Stop at any time; nothing answered is asked again.
    """
    console = Console()
    settings = load_settings()
    store = ArtifactStore.open(settings.store_uri, settings.s3_endpoint)
    shards = shard_names(find_spec(store, source))
    with open_sampler(settings) as sampler:
        results = _sample(store, shards, sampler, console)
        _report(console, results, sampler)
        if record:
            _write_record(console, store, shards, sampler, record)


def _sample(store: ArtifactStore, shards: list[str], sampler: Sampler, console: Console) -> list[ShardResult]:
    results = []
    with Progress(console=console) as bar:
        for shard in shards:
            task = bar.add_task(shard, total=None)
            results.append(sample_programs(store, shard, sampler, partial(_advance, bar, task)))
    return results


def _advance(bar: Progress, task: TaskID, done: int, total: int) -> None:
    bar.update(task, completed=done, total=total)


def _report(console: Console, results: list[ShardResult], sampler: Sampler) -> None:
    table = Table("shard", "texts", "candidates", "parse", "tokens")
    for result in results:
        stats = result.manifest.stats
        counts = (stats[k] for k in ("texts", "candidates", "parsed", "completion_tokens"))
        table.add_row(result.shard, *map(str, counts))
    console.print(table)
    sources = sampler.sources
    console.print(
        f"answers: {sources['record']} from the record, {sources['cache']} from the cache, "
        f"{sources['live']} from the live model {sampler.config.model}"
    )


def _write_record(
    console: Console, store: ArtifactStore, shards: list[str], sampler: Sampler, path: Path
) -> None:
    texts = [t for shard in shards for t in store.read_shard(QUESTIONS, shard)["text"]]
    answers = [a for _, found in sampler.sample(texts) for a in found]
    made_by = {
        "parameters": sampler.config.model_dump(),
        "model_file": SAMPLER_MODEL.name,
        "model_sha256": SAMPLER_MODEL.sha256,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "made_with": f"vpd sample --record, source {shards[0].rsplit('-', 1)[0]}",
    }
    console.print(f"{save_record(path, made_by, answers)} answers written to {path}")
