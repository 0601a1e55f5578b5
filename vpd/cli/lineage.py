"""`vpd lineage`: what a row came from, what came from a picture, and questions to all tables in SQL."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from vpd.lineage.ancestry import Lineage, ReadShard, Step, image_impact, row_lineage
from vpd.lineage.catalog import Catalog
from vpd.settings import load_settings
from vpd.store import ArtifactStore

app = typer.Typer(no_args_is_help=True, help="Where a row came from, and what came from it.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON with every column and every id.")]
IDS_SHOWN = 5
SHARDS_SHOWN = 20
ROWS_SHOWN = 100

# What is said of a row beside its kind and id.
FACTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "image": lambda r: (
        f"{r['image_ref']}, {r['width']}x{r['height']}, split {r['split']}, source {r['source']}"
    ),
    "question": lambda r: f"{r['text']}\n{r['family']}, answers {r['answers'] or 'none'}",
    "candidate": lambda r: (
        f"sample {r['sample_index']} of {r['model']} ({r['origin']}), prompt {r['prompt_sha256'][:12]}\n"
        f"{r['source'].strip()}"
    ),
    "trace": lambda r: (
        f"{r['outcome']}: {r['answer'] if r['message'] is None else r['message']}; "
        f"{r['tool_calls']} tool calls, tools {r['tools_version']}"
    ),
    "probe": lambda r: (
        f"right on {len(r['right_ids'])} of {len(r['labelled_ids'])} other pictures; "
        f"changed by {', '.join(r['moved']) or 'nothing'} of {', '.join(r['ablations']) or 'nothing'}"
    ),
    "verdict": lambda r: (
        f"{'chosen' if r['chosen'] else 'kept' if r['kept'] else 'rejected'}: {r['reason']} "
        f"({r['policy']}, {r['scorer']})"
    ),
    "example": lambda r: f"{r['mode']} mode, split {r['split']}\n{r['target']}",
    "prediction": lambda r: (
        f"{r['model']} in {r['mode']} mode, {'right' if r['correct'] else 'wrong'}\n{r['text']}"
    ),
    "run": lambda r: (
        f"{r.get('arm')}, {len(r.get('digests', {}))} shards, seed {r.get('seed')}, "
        f"MLflow run {r.get('mlflow_run_id')}"
    ),
    "evaluation": lambda r: (
        f"{r['questions']} questions of split {r['split']}; "
        f"{', '.join(f'{arm} {run}' for arm, run in r['runs'].items())}"
    ),
    "model": lambda r: (
        f"{r['name']} version {r['version']}, checkpoint {str(r.get('checkpoint_sha256'))[:12]}"
    ),
}
FACTS["program"] = FACTS["replaced"] = FACTS["candidate"]


@app.command()
def row(
    row_id: Annotated[str, typer.Argument(metavar="ID", help="Id of any row, or the start of one.")],
    as_json: AsJson = False,
) -> None:
    """Show what a row came from and what was made of it.

    ID may be of an image, question, candidate, program, trace, verdict, example, prediction, training run
    (student-...), evaluation or model version (vpd-student-1). A model version leads to its evaluation, its
    training run and the shards that this read, with their digests.

    Example: vpd lineage row demo:000012-3
    """
    _print(row_lineage(_catalog(), row_id), as_json)


@app.command()
def impact(
    image: Annotated[
        str, typer.Argument(help="Id of a picture, the start of one, or its name in the source.")
    ],
    as_json: AsJson = False,
) -> None:
    """Show everything that came from a picture, down to training runs and model versions.

    Example: vpd lineage impact photos/cat.jpg
    """
    _print(image_impact(_catalog(), image), as_json)


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="One SELECT; every view has a column shard.")],
    as_json: AsJson = False,
) -> None:
    """Ask all tables at once, in DuckDB's SQL.

    Example: vpd lineage sql "SELECT outcome, count(*) FROM traces GROUP BY ALL"
    """
    rows = _catalog().select(query)
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, default=str))
        return
    console = Console()
    table = Table(*(rows[0] if rows else ()))
    for values in rows[:ROWS_SHOWN]:
        table.add_row(*(escape(str(value)) for value in values.values()))
    console.print(table if rows else "no rows")
    if len(rows) > ROWS_SHOWN:
        console.print(f"... and {len(rows) - ROWS_SHOWN} more: add LIMIT, or --json for all")


def _catalog() -> Catalog:
    settings = load_settings()
    store = ArtifactStore.open(settings.store_uri, settings.s3_endpoint)
    return Catalog(store, settings.home / "cache" / "tables")


def _print(lineage: Lineage, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(asdict(lineage), ensure_ascii=False, default=str))
        return
    console = Console()
    root = branch = Tree(_label(lineage.chain[0]))
    for step in lineage.chain[1:]:
        branch = branch.add(_label(step))
    if lineage.shards:
        _add_shards(branch, lineage.shards)
    for kind, ids in lineage.offspring.items():
        if ids:
            branch.add(
                f"[cyan]{len(ids)} {kind}{'s' if len(ids) > 1 else ''}[/]: {_shown(ids)}", highlight=False
            )
    console.print(root, highlight=False)


def _add_shards(branch: Tree, shards: Sequence[ReadShard]) -> None:
    listed = branch.add(f"[cyan]{len(shards)} training shards[/] of examples", highlight=False)
    for read in shards[:SHARDS_SHOWN]:
        changed = "" if read.now == "same" else f", [red]{read.now} since[/]"
        listed.add(f"{escape(read.shard)} sha256 {read.sha256}{changed}", highlight=False)
    if len(shards) > SHARDS_SHOWN:
        listed.add(f"and {len(shards) - SHARDS_SHOWN} more (--json for all)", highlight=False)


def _label(step: Step) -> str:
    facts = FACTS[step.kind](step.row)
    return f"[bold cyan]{step.kind}[/] [bold]{escape(step.id)}[/]\n{escape(facts)}"


def _shown(ids: list[str]) -> str:
    more = f" and {len(ids) - IDS_SHOWN} more (--json for all)" if len(ids) > IDS_SHOWN else ""
    return escape(", ".join(ids[:IDS_SHOWN])) + more
