"""`vpd tools`: what a tool set can do, and with what."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from vpd.settings import load_settings
from vpd.tools.protocol import ToolCard, ToolSet
from vpd.tools.toolset import find_toolset


def command(
    name: Annotated[str, typer.Argument(help="tool set by name (docs/tools.md); default: VPD_TOOLS")] = "",
    api: Annotated[
        bool, typer.Option("--api", help="print the API that the language model is shown, and load nothing")
    ] = False,
) -> None:
    """Show the tools of a set: kind, model, device, memory and vocabulary of each method.

    Opens the set, so files of models are looked for and checked; weights may be loaded later.

    Example: vpd tools photos
    """
    spec = find_toolset(name or load_settings().tools)
    if api:
        typer.echo(spec.prompt_text())
        return
    Console().print(_table(spec.open()))


def _table(toolset: ToolSet) -> Table:
    table = Table("method", "kind", "device", "memory", "vocabulary", title=toolset.name)
    table.add_column("version", overflow="fold")
    for method, tool in toolset.tools.items():
        card = tool.card
        table.add_row(method, card.kind, card.device, _memory(card), _vocabulary(card), card.version)
    return table


def _memory(card: ToolCard) -> str:
    return f"{card.memory_bytes / 1e6:,.0f} MB" if card.memory_bytes else "-"


def _vocabulary(card: ToolCard) -> str:
    return "open" if card.vocabulary is None else f"{len(card.vocabulary)} names"
