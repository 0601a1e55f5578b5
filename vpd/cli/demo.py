"""`vpd demo`: the whole pipeline on generated pictures.

The demo itself is `jobs.demo`, a program of its own, because vpd does not import Dagster.
"""

import subprocess
import sys
from typing import Annotated

import typer


def command(
    images: Annotated[int, typer.Option(help="Pictures to generate")] = 1500,
    shards: Annotated[int, typer.Option(help="Shards to cut them into")] = 16,
    level: Annotated[str, typer.Option(help="Kind of picture: easy or full")] = "easy",
    steps: Annotated[int | None, typer.Option(help="Training steps of each arm")] = None,
) -> None:
    """Run every stage on generated pictures, from nothing to a registered model.

    Writes to VPD_HOME (default ./vpd_home). Stop it at any time and start it again: it goes on from the last
    finished shard. A second run finds everything done.
    """
    arguments = ["--images", str(images), "--shards", str(shards), "--level", level]
    arguments += [] if steps is None else ["--steps", str(steps)]
    process = subprocess.Popen([sys.executable, "-m", "jobs.demo", *arguments])
    while True:
        try:
            raise typer.Exit(process.wait())
        except KeyboardInterrupt:  # the demo was interrupted as well and says so itself
            continue
