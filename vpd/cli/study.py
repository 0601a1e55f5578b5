"""`vpd study`: variants of a training over seeds, compared."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from vpd.settings import load_settings


def command(
    file: Annotated[Path, typer.Argument(help="study file, such as infra/studies/effect.toml")],
    at_once: Annotated[
        int | None, typer.Option("--at-once", min=1, help="runs side by side; default: one a core")
    ] = None,
) -> None:
    """Train and compare the variants of a study file; prints tables, writes HOME/results/NAME.html.

    Stop it at any time and start it again: it goes on from the last checkpoints.
    """
    from vpd.study.report import markdown
    from vpd.study.study import Workplace, run_study

    settings, console = load_settings(), Console(stderr=True)
    place = Workplace(settings.store_uri, settings.home.resolve(), console)
    try:
        result = run_study(file, place, at_once or os.cpu_count() or 1)
    except KeyboardInterrupt:
        console.print("Stopped. Start it again to go on from the last checkpoints.")
        raise typer.Exit(130) from None
    typer.echo(markdown(result))
    console.print(f"{place.home / 'results' / f'{result.name}.html'}", soft_wrap=True)
