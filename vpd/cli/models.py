"""`vpd models`: the model files that vpd knows, where they are, and getting those that are missing."""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from vpd.chat.embedded import SAMPLER_MODEL
from vpd.errors import ConfigError, ModelFileError
from vpd.model_files import ModelFile
from vpd.settings import load_settings
from vpd.tools.photos.models import PHOTO_FILES

app = typer.Typer(help="The model files that vpd knows: what for, where they are, how to get them.")
KNOWN: dict[str, ModelFile] = {file.name: file for file in (SAMPLER_MODEL, *PHOTO_FILES)}


@app.callback(invoke_without_command=True)
def show(context: typer.Context) -> None:
    """List the known model files with size, licence, use and place; `vpd models fetch` gets missing ones.

    A file is found by its name here; its content is checked when it is used.
    """
    if context.invoked_subcommand is not None:
        return
    folder = load_settings().model_dir.expanduser()
    table = Table("file", "size", "licence", "for", "where", title=f"model files, folder {folder}")
    for file in KNOWN.values():
        path = file.locate(folder)
        where = escape(str(path)) if path else f"[yellow]missing[/]; from {escape(file.origin.says)}"
        table.add_row(file.name, f"{file.size / 1e6:.1f} MB", file.licence, file.purpose, where)
    Console().print(table)


@app.command()
def fetch(
    name: Annotated[str | None, typer.Argument(help="One file; default: all that are missing.")] = None,
) -> None:
    """Get the model files that are missing, and check those that are here.

    One that cannot be had does not keep the others back; the exit code is then 1.

    Example: vpd models fetch nanodet-coco80-416-tfjs.onnx
    """
    if name is not None and name not in KNOWN:
        raise ConfigError(f"there is no model file {name!r}; known are {', '.join(KNOWN)}")
    folder = load_settings().model_dir
    console = Console()
    failed: list[str] = []
    for file in (KNOWN[name],) if name else KNOWN.values():
        try:
            console.print(
                f"[green]ready[/] {escape(str(file.find(folder)))}", soft_wrap=True, highlight=False
            )
        except (ModelFileError, ConfigError) as error:
            console.print(f"[red]not had[/] {escape(str(error))}", soft_wrap=True, highlight=False)
            failed.append(file.name)
    if failed:
        raise ModelFileError(f"these model files could not be had: {', '.join(failed)}")
