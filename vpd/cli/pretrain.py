"""`vpd pretrain`: a base for the embedded student."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    folder: Annotated[Path, typer.Argument(help="where pictures, captions and the model go")],
    level: Annotated[str, typer.Option(help="kind of picture: easy or full")] = "easy",
    pictures: Annotated[int, typer.Option(help="pictures to generate")] = 20_000,
    steps: Annotated[int, typer.Option(help="training steps")] = 5000,
    seed: Annotated[int, typer.Option(help="seed of captions, weights and order")] = 0,
    notation: Annotated[str, typer.Option(help="how captions say where: boxes or points")] = "boxes",
    ranks: Annotated[int, typer.Option(help="processes that train together")] = 2,
) -> None:
    """Pretrain a small student on captions and boxes of generated pictures, without questions.

    Stop it at any time and start it again: it goes on from the last checkpoint.
    """
    from vpd.distill.pretrain import PretrainConfig, pretrain

    sizes = {"pictures": pictures, "steps": steps, "seed": seed, "ranks": ranks}
    model = pretrain(folder, PretrainConfig.model_validate({"level": level, "notation": notation, **sizes}))
    typer.echo(f"{model}: use it as the base of a training")
