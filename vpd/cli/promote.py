"""`vpd promote`: make a version of the registered model the champion, or register what waits."""

from typing import Annotated

import typer

from vpd.errors import ConfigError
from vpd.evaluation.champion import ChampionCheck
from vpd.evaluation.pending import register_pending
from vpd.evaluation.promotion import MODEL_NAME, promote
from vpd.evaluation.tracking import Tracking
from vpd.settings import load_settings
from vpd.store import ArtifactStore


def command(
    version: Annotated[str | None, typer.Argument(help="Number of the version.")] = None,
    reason: Annotated[str, typer.Option(help="Why; kept with the version.")] = "",
    pending: Annotated[
        bool,
        typer.Option(
            "--pending",
            help="Register, and promote if good enough, all that waits since the registry was down.",
        ),
    ] = False,
) -> None:
    """Make a version the champion if it is no worse on held-out questions than the present one.

    Example: vpd promote 3 --reason "counts better on the customer's pictures"
    """
    if (version is None) != pending:
        raise ConfigError("name a version, or give --pending: one of the two")
    settings = load_settings()
    tracking = Tracking(settings.mlflow_tracking_uri)
    store = ArtifactStore.open(settings.store_uri, settings.s3_endpoint)
    if version is not None:
        _say(version, check := promote(tracking, store, version, reason))
        if not check.passed:
            raise typer.Exit(1)
        return
    cache = settings.home.resolve() / "cache" / "runs"
    why = reason or "it was waiting for the registry, and passed the check"
    for outcome in register_pending(tracking, store, cache, why, {}):
        _say(outcome.registered.version, outcome.check)


def _say(version: str, check: ChampionCheck) -> None:
    word = "is champion" if check.passed else "is not champion"
    typer.echo(f"{MODEL_NAME} version {version} {word}: {check.reason}")
    for difference in check.differences:
        typer.echo(f"  {difference}{'' if difference.decides else ', too few pictures to decide'}")
