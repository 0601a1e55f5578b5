"""`vpd rollback`: give the alias `champion` back to the version that had it before."""

from typing import Annotated

import typer

from vpd.evaluation.promotion import MODEL_NAME, rollback
from vpd.evaluation.tracking import Tracking
from vpd.settings import load_settings


def command(reason: Annotated[str, typer.Option(help="Why; kept with the version.")]) -> None:
    """Make the previous champion champion again; the present one does not come back by itself.

    Example: vpd rollback --reason "says 2 to every count of spheres"
    """
    done = rollback(Tracking(load_settings().mlflow_tracking_uri), reason)
    typer.echo(f"{MODEL_NAME} version {done.champion} is champion again, version {done.version} is not")
