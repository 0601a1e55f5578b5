"""`vpd pretrain`: a base for the embedded student."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    folder: Annotated[Path, typer.Argument(help="where pictures, captions and the model go")],
    base: Annotated[
        str, typer.Option(help="what to make: a name in infra/bases, or a TOML file")
    ] = "easy-boxes",
    ranks: Annotated[int | None, typer.Option(min=1, help="processes that train together")] = None,
) -> None:
    """Pretrain a small student on captions and boxes of generated pictures, without questions.

    Then measures what it sees in pictures that it was not trained on. Stop it at any time and start it again:
    it goes on from the last checkpoint.
    """
    from vpd.distill.pretrain import load_base_settings, pretrain
    from vpd.evaluation.perception import measure_perception

    config = load_base_settings(base)
    if ranks is not None:
        config = config.model_copy(update={"ranks": ranks})
    model = pretrain(folder, config)
    typer.echo(measure_perception(folder, config.notation).told())
    typer.echo(f"{model}: use it as the base of a training")
