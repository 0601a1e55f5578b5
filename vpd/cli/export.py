"""`vpd export`: training data for other trainers."""

from pathlib import Path
from typing import Annotated

import typer

from vpd.datasets.sources import find_spec, shard_names
from vpd.export.content import Form
from vpd.export.folder import export_dataset
from vpd.settings import load_settings
from vpd.store import ArtifactStore


def command(
    source: Annotated[str, typer.Argument(help="name of a source whose cot_dataset is materialised")],
    folder: Annotated[Path, typer.Argument(help="folder to write; an earlier export in it is replaced")],
    forms: Annotated[
        list[Form] | None,
        typer.Option(
            "--format",
            help="parquet (a Hugging Face dataset folder, with pairs and steps), chat (JSONL) or "
            "llamafactory (ShareGPT); give it again for more than one. Default: all.",
        ),
    ] = None,
    most: Annotated[
        int, typer.Option("--pairs", min=1, help="most preference pairs of each kind from one question")
    ] = 4,
) -> None:
    """Export a source's examples, preference pairs and labelled steps, with a dataset card.

    Example: vpd export mine mine_export --format parquet
    """
    settings = load_settings()
    store = ArtifactStore.open(settings.store_uri, settings.s3_endpoint)
    done = export_dataset(store, shard_names(find_spec(store, source)), folder, forms or tuple(Form), most)
    for table, splits in done.rows.items():
        counts = ", ".join(f"{split} {count}" for split, count in splits.items()) or "none"
        typer.echo(f"{folder} {table}: {counts}")
