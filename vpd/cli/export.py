"""`vpd export`: training data for other trainers."""

from pathlib import Path
from typing import Annotated

import typer

from vpd.datasets.sources import find_spec, shard_names
from vpd.rationale.export import export_chat
from vpd.settings import load_settings
from vpd.store import ArtifactStore


def command(
    source: Annotated[str, typer.Argument(help="name of a source whose cot_dataset is materialised")],
    folder: Annotated[Path, typer.Argument(help="folder to write; an earlier export in it is replaced")],
) -> None:
    """Export a source's examples as Parquet and as chat messages with images (TRL, LLaMA-Factory)."""
    settings = load_settings()
    store = ArtifactStore.open(settings.store_uri, settings.s3_endpoint)
    done = export_chat(store, shard_names(find_spec(store, source)), folder)
    counts = ", ".join(f"{split} {count}" for split, count in sorted(done.examples.items()))
    typer.echo(f"{folder}: {counts} examples, {done.images} pictures")
