"""`vpd bench`: run one of the project's benchmarks."""

import importlib
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from vpd.errors import ConfigError

FOLDER = Path(__file__).parents[2] / "benchmarks"
_SPREAD = {"min", "median", "max"}  # of the turns of one measurement: printed as one row


def command(
    name: Annotated[str, typer.Argument(help="benchmark to run; without one, list them")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="print the figures as JSON")] = False,
) -> None:
    """Run a benchmark from the checkout's benchmarks/ folder and print its figures.

    Every benchmark measures its baseline in the same run.
    """
    known = sorted(p.stem for p in FOLDER.glob("*.py") if not p.stem.startswith("_"))
    if not name:
        typer.echo("\n".join(known))
        return
    if name not in known:
        raise ConfigError(f"no benchmark {name!r} in {FOLDER}: there are {', '.join(known) or 'none'}")
    sys.path.insert(0, str(FOLDER.parent))
    figures: dict[str, Any] = importlib.import_module(f"benchmarks.{name}").run()
    typer.echo(json.dumps(figures, indent=2)) if as_json else _print(figures)


def _print(figures: dict[str, Any]) -> None:
    table = Table("figure", "value")
    for key, value in _flat(figures, ""):
        table.add_row(key, _shown(value))
    Console().print(table)


def _flat(value: Any, prefix: str) -> list[tuple[str, Any]]:
    if not isinstance(value, dict) or value.keys() == _SPREAD:
        return [(prefix, value)]
    return [row for k, v in value.items() for row in _flat(v, f"{prefix}.{k}" if prefix else str(k))]


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return f"{_shown(value['median'])} ({_shown(value['min'])} to {_shown(value['max'])})"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
