"""`vpd sample`: ask the language models for programs, outside Dagster."""

import datetime
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table
from rich.text import Text

from vpd.chat.embedded import MODEL_NAME, SAMPLER_MODEL
from vpd.cli.projected import show_projection
from vpd.datasets.sources import find_spec, shard_names
from vpd.sampling.offline import open_kept, shard_questions
from vpd.sampling.plan import load_plan
from vpd.sampling.progress import describe, dollars
from vpd.sampling.projection import project
from vpd.sampling.record import save_record
from vpd.sampling.request import SamplingConfig
from vpd.sampling.sampler import Sampler, open_sampler
from vpd.sampling.stage import sample_programs
from vpd.settings import load_settings
from vpd.stage import ShardResult
from vpd.store import ArtifactStore

COLUMNS = {
    "texts": "texts",
    "candidates": "candidates",
    "parse": "parsed",
    "clean": "clean",
    "replaced": "replaced",
    "call graphs": "distinct_call_graphs",
    "tokens": "completion_tokens",
}


def command(
    source: Annotated[str, typer.Argument(help="name of an ingested source, see `vpd ingest`")],
    record: Annotated[
        Path | None, typer.Option(help="also write the models' answers to this file, to be shipped")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="ask nothing: say what is to be asked, and what it may cost")
    ] = False,
) -> None:
    """Sample programs for every question of an ingested source.

    Answers come from the cache, the shipped record, or the live models: those of VPD_LLM_FILE, the endpoint
    in VPD_LLM_URL, or else the embedded Qwen2.5-Coder-1.5B. Stop at any time; what is answered is not asked
    again.

    Example: vpd sample mine --dry-run
    """
    console = Console()
    settings = load_settings()
    plan = load_plan(settings)
    store = ArtifactStore.open(settings.store_uri, settings.s3_endpoint)
    shards = shard_names(find_spec(store, source))
    if dry_run:
        questions = shard_questions(store, shards)
        with open_kept(settings) as kept:
            show_projection(console, plan, len(questions), project(plan, kept, questions))
        return
    with open_sampler(settings, plan) as sampler:
        results = _sample(store, shards, sampler, console)
        _show(console, results)
        if record:
            _write_record(console, store, shards, sampler, record)


def _sample(
    store: ArtifactStore, shards: Sequence[str], sampler: Sampler, console: Console
) -> list[ShardResult]:
    """Sample shard by shard, and show how far each is and what the run did."""
    started = time.monotonic()
    bars, said = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()), Text()

    def tell(task: TaskID, done: int, total: int) -> None:
        bars.update(task, completed=done, total=total)
        said.plain = describe(sampler.tally, time.monotonic() - started)

    results = []
    with Live(Group(bars, said), console=console):
        for shard in shards:
            task = bars.add_task(shard, total=None)
            results.append(sample_programs(store, shard, sampler, partial(tell, task)))
        said.plain = describe(sampler.tally, time.monotonic() - started)
    if not console.is_interactive:
        console.print()  # Live ends the line on a terminal only
    return results


def _show(console: Console, results: Sequence[ShardResult]) -> None:
    table = Table("shard", *COLUMNS, "cost")
    for result in results:
        stats = result.manifest.stats
        cost = "-" if stats["cost"] is None else dollars(stats["cost"])
        table.add_row(result.shard, *(f"{stats[name]:,}" for name in COLUMNS.values()), cost)
    console.print(table)


def _write_record(
    console: Console, store: ArtifactStore, shards: Sequence[str], sampler: Sampler, path: Path
) -> None:
    """Write every answer of every round; all are in the cache by now."""
    drafts = (draft for _, found in sampler.sample(shard_questions(store, shards)) for draft in found)
    answers = {(draft.answer.key, draft.answer.sample): draft.answer for draft in drafts}
    made_by = {
        "parameters": sampler.config.model_dump(),
        **_model_file(sampler.config),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "made_with": f"vpd sample --record, source {shards[0].rsplit('-', 1)[0]}",
    }
    console.print(f"{save_record(path, made_by, answers.values())} answers written to {path}")


def _model_file(config: SamplingConfig) -> dict[str, str]:
    """Return which file the embedded model is, if it is one of the writers."""
    if all(writer.model != MODEL_NAME for writer in config.writers):
        return {}
    return {"model_file": SAMPLER_MODEL.name, "model_sha256": SAMPLER_MODEL.sha256}
