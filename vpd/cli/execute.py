"""`vpd execute`: run one program on one picture and show every step."""

import hashlib
import io
import json
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from vpd.datasets.pictures import prepare_picture
from vpd.errors import BadRowError, ConfigError
from vpd.execution.engine import EngineSettings, open_engine
from vpd.execution.program import Program, canonical
from vpd.execution.run import Job
from vpd.execution.trace import PatchRef, Run, TraceEvent, Value, events_to_json
from vpd.tools.protocol import Picture
from vpd.tools.toolset import open_toolset


def command(
    program: Annotated[Path, typer.Option(help="Python file that defines execute_command(image).")],
    image: Annotated[Path, typer.Option(help="Picture file, such as PNG or JPEG.")],
    tools: Annotated[str, typer.Option(help="Tool set by name.")] = "scenes",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object; boxes are in pixels of the picture.")
    ] = False,
) -> None:
    """Run one program on one picture in the sandbox: its outcome, its answer, and every step.

    A program that fails is no error of the command: the outcome says what happened.

    Example: vpd execute --program count_cubes.py --image scene.png
    """
    source = _text(program)
    picture = _picture(image)
    with open_engine(open_toolset(tools), EngineSettings(in_flight=1, threads=1)) as engine:
        [(_, run)] = engine.run([Job(source, picture)])
        versions = {"tools": engine.tools_version, "isolation": engine.isolation}
    parsed = canonical(source)
    shown = parsed.source if isinstance(parsed, Program) else source
    if as_json:
        out = {"outcome": run.outcome, "answer": run.answer, "message": run.message, "line": run.line}
        events = json.loads(events_to_json(run.events))
        typer.echo(json.dumps({**out, "program": shown, "events": events, **versions}, ensure_ascii=False))
        return
    _show(Console(), shown, run)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(f"there is no file {path}: give --program a Python file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is no readable text ({error}): give --program a Python file") from error


def _picture(path: Path) -> Picture:
    try:
        file = prepare_picture(path.read_bytes())
    except FileNotFoundError as error:
        raise ConfigError(f"there is no file {path}: give --image a picture file") from error
    except (OSError, BadRowError) as error:
        raise ConfigError(f"{path} is no readable picture: {error}") from error
    with Image.open(io.BytesIO(file.data)) as decoded:
        return Picture(hashlib.sha256(file.data).hexdigest(), np.asarray(decoded.convert("RGB")))


def _show(console: Console, source: str, run: Run) -> None:
    steps: dict[int, list[TraceEvent]] = {}
    for event in run.events:
        steps.setdefault(event.line, []).append(event)
    for number, line in enumerate(source.splitlines(), start=1):
        style = "bold" if number in steps else "dim"
        console.print(f"[{style}]{number:>3}  {escape(line)}[/]", highlight=False)
    if run.events:
        console.print(_table(run))
    if run.outcome == "answered":
        console.print(f"[bold green]answered[/]  {escape(run.answer or '')}", highlight=False)
    else:
        where = f" (line {run.line})" if run.line is not None else ""
        console.print(f"[bold red]{run.outcome}[/]{where}  {escape(run.message or '')}", highlight=False)


def _table(run: Run) -> Table:
    table = Table("step", "line", "what", "on", "gave", box=None, pad_edge=False, header_style="dim")
    for event in run.events:
        on = _shown(event.patch) if event.patch is not None else ""
        args = ", ".join(_shown(arg) for arg in event.args)
        what = f"{event.name}({args})" if event.kind == "tool" else f"{event.kind} {event.name}"
        gave = _shown(event.value)
        table.add_row(str(event.seq), str(event.line), escape(what), escape(on), escape(gave))
    return table


def _shown(value: Value) -> str:
    if isinstance(value, PatchRef):
        edges = (value.box.left, value.box.top, value.box.right, value.box.bottom)
        return f"{value.name}#{value.number} [{' '.join(str(round(edge)) for edge in edges)}]"
    if isinstance(value, tuple):
        return f"{len(value)}: " + ", ".join(_shown(item) for item in value) if value else "none"
    return f"{value:g}" if isinstance(value, float) else repr(value)
