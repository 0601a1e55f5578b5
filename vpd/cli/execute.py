"""`vpd execute`: run one program on one picture and show every step."""

import io
import json
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image
from rich.console import Console

from vpd.datasets.pictures import prepare_picture
from vpd.errors import BadRowError, ConfigError
from vpd.execution.engine import EngineSettings, open_engine
from vpd.execution.jail import Isolation
from vpd.execution.program import Program, canonical
from vpd.execution.run import Job
from vpd.inspect.html import write_page
from vpd.inspect.page import trace_page
from vpd.inspect.terminal import show_trace
from vpd.inspect.view import TraceView
from vpd.settings import load_settings
from vpd.store import blob_digest
from vpd.tools.protocol import Picture
from vpd.tools.toolset import open_toolset


def command(
    program: Annotated[Path, typer.Option(help="Python file that defines execute_command(image).")],
    image: Annotated[Path, typer.Option(help="Picture file, such as PNG or JPEG.")],
    tools: Annotated[str, typer.Option(help="Tool set by name (docs/tools.md); default: VPD_TOOLS.")] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object; boxes are in pixels of the picture.")
    ] = False,
    html: Annotated[Path | None, typer.Option(help="Write the run as one HTML page, too.")] = None,
    require_isolation: Annotated[
        Isolation | None, typer.Option(help="Refuse to run below this isolation; default: the highest here.")
    ] = None,
) -> None:
    """Run one program on one picture in the sandbox: its outcome, its answer, and every step.

    A program that fails is no error of the command: the outcome says what happened.

    Example: vpd execute --program count_cubes.py --image scene.png --html run.html
    """
    source = _text(program)
    file = _picture_file(image)
    settings = EngineSettings(in_flight=1, threads=1, require_isolation=require_isolation)
    with open_engine(open_toolset(tools or load_settings().tools), settings) as engine:
        [(_, run)] = engine.run([Job(source, _decoded(file))])
        versions = engine.tools_version, engine.isolation
    parsed = canonical(source)
    shown = parsed.source if isinstance(parsed, Program) else source
    view = TraceView(run, shown, file, image.name, *versions)
    if html is not None:
        write_page(trace_page(view), html)
    if as_json:
        typer.echo(json.dumps(view.as_dict(), ensure_ascii=False))
        return
    show_trace(Console(), view)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(f"there is no file {path}: give --program a Python file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is no readable text ({error}): give --program a Python file") from error


def _picture_file(path: Path) -> bytes:
    try:
        return prepare_picture(path.read_bytes()).data
    except FileNotFoundError as error:
        raise ConfigError(f"there is no file {path}: give --image a picture file") from error
    except (OSError, BadRowError) as error:
        raise ConfigError(f"{path} is no readable picture: {error}") from error


def _decoded(file: bytes) -> Picture:
    with Image.open(io.BytesIO(file)) as decoded:
        return Picture(blob_digest(file), np.asarray(decoded.convert("RGB")))
