"""`vpd trace`: look at runs of programs, in the terminal or as HTML files that need nothing else."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from vpd.inspect.find import find_trace
from vpd.inspect.gallery import shard_gallery
from vpd.inspect.html import write_page
from vpd.inspect.page import trace_page
from vpd.inspect.terminal import show_trace
from vpd.inspect.view import TraceView
from vpd.lineage.catalog import Catalog
from vpd.settings import load_settings
from vpd.store import ArtifactStore

app = typer.Typer(no_args_is_help=True, help="Look at what programs did: one run, or the runs of a shard.")
TraceId = Annotated[str, typer.Argument(metavar="ID", help="Id of a trace, or the start of one.")]
Out = Annotated[Path, typer.Option(help="HTML file to write.")]


@app.command()
def show(
    trace_id: TraceId,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object; boxes are in pixels of the picture.")
    ] = False,
) -> None:
    """Show a run: the program with its executed lines lit, every step, the answer, the verdicts.

    Example: vpd trace show 73dbefd2
    """
    view = _find(trace_id)
    if as_json:
        typer.echo(json.dumps(view.as_dict(), ensure_ascii=False))
        return
    show_trace(Console(), view)


@app.command()
def page(trace_id: TraceId, out: Out) -> None:
    """Write a run as one HTML page, with the picture and every step's crop.

    Example: vpd trace page 73dbefd2 --out trace.html
    """
    write_page(trace_page(_find(trace_id)), out)
    typer.echo(out)


@app.command()
def gallery(
    shard: Annotated[str, typer.Argument(help="Shard whose traces are in the store.")], out: Out
) -> None:
    """Write a gallery of a shard: runs that were right, wrong or failed, a few of each, in one HTML file.

    Example: vpd trace gallery demo-000 --out gallery.html
    """
    write_page(shard_gallery(_store(), shard), out)
    typer.echo(out)


def _find(trace_id: str) -> TraceView:
    return find_trace(Catalog(_store(), load_settings().home / "cache" / "tables"), trace_id)


def _store() -> ArtifactStore:
    settings = load_settings()
    return ArtifactStore.open(settings.store_uri, settings.s3_endpoint)
