"""A run in the terminal: question, picture, program with its executed lines lit, steps, verdicts, answer."""

import re
from collections.abc import Sequence

from rich.color import Color
from rich.console import Console, RenderableType
from rich.panel import Panel
from rich.style import Style
from rich.table import Table
from rich.text import Text

from vpd.execution.trace import TraceEvent
from vpd.inspect.drawing import PALETTE, Mark, drawn, marks
from vpd.inspect.view import Line, TraceView
from vpd.inspect.wording import called, shown, visible

_PICTURE = (56, 48)  # pixels at most; a character shows two, one above the other
_PATCHES_SHOWN = 20
_LIT = {True: "bold", False: "dim", None: ""}
_GOOD = ("right", "answered")


def show_trace(console: Console, view: TraceView) -> None:
    """Print a run; the picture itself only where there are colours for it."""
    found = marks(view.run.events)
    parts: list[RenderableType] = []
    if view.question is not None:
        parts.append(_question(view))
    if view.picture is not None and console.color_system in ("256", "truecolor"):
        beside = Table.grid(padding=(0, 3))
        beside.add_row(_picture(view.picture, found), _patches(found))
        parts.append(beside)
    elif found:
        parts.append(_patches(found))
    parts.append(_program(view))
    if view.run.events:
        parts.append(_steps(view.run.events, {mark.number: mark for mark in found}))
    if view.verdicts:
        parts.append(_verdicts(view))
    for part in parts:
        console.print(part)
        console.print()
    console.print(_ending(view))


def _question(view: TraceView) -> RenderableType:
    question = view.question
    assert question is not None
    below = f"{question.family}, split {question.split}, picture {view.image_ref}"
    text = Text.assemble((visible(question.text), "bold"), "\n", (visible(below), "dim"))
    return Panel(text, title=f"trace {view.trace_id}", title_align="left", expand=False)


def _picture(data: bytes, found: Sequence[Mark]) -> Text:
    """Return a picture as half blocks: upper pixels as foreground, lower ones as background."""
    picture = drawn(data, [(mark.box, PALETTE[mark.color]) for mark in found], _PICTURE)
    text = Text()
    for y in range(0, picture.height - 1, 2):
        for x in range(picture.width):
            upper, lower = (_rgb(picture.getpixel((x, row))) for row in (y, y + 1))
            text.append("▀", Style(color=upper, bgcolor=lower))
        text.append("\n")
    return text


def _rgb(pixel: object) -> Color:
    assert isinstance(pixel, tuple)
    return Color.from_rgb(*pixel)


def _patches(found: Sequence[Mark]) -> Text:
    text = Text()
    for mark in found[:_PATCHES_SHOWN]:
        edges = (mark.box.left, mark.box.top, mark.box.right, mark.box.bottom)
        text.append(f"#{mark.number}", _color(mark))
        text.append(f" {visible(mark.name)} [{' '.join(str(round(edge)) for edge in edges)}]\n")
    if len(found) > _PATCHES_SHOWN:
        text.append(f"and {len(found) - _PATCHES_SHOWN} more", "dim")
    text.rstrip()
    return text


def _program(view: TraceView) -> Table:
    table = Table.grid(padding=(0, 1))
    for justify in ("right", "left", "left"):
        table.add_column(justify=justify, overflow="fold")
    for line in view.lines:
        table.add_row(*_line(line))
    return table


def _line(line: Line) -> tuple[Text, Text, Text]:
    style = "bold red" if line.stopped else _LIT[line.lit]
    bar = "▎" if line.lit else " "
    return (
        Text(f"{line.number}", style),
        Text.assemble((bar, "red" if line.stopped else "yellow"), (visible(line.text), style)),
        Text(f"  {line.note}" if line.note else "", "cyan"),
    )


def _steps(events: Sequence[TraceEvent], found: dict[int, Mark]) -> Table:
    table = Table("step", "line", "what", "gave", "sure", box=None, pad_edge=False, header_style="dim")
    for event in events:
        what = called(event) if event.kind == "tool" else f"{event.kind} {visible(event.name)}"
        sure = "" if event.confidence is None else f"{event.confidence:.0%}"
        gave = _with_colors(shown(event.value), found)
        table.add_row(str(event.seq), str(event.line), _with_colors(what, found), gave, sure)
    return table


def _with_colors(line: str, found: dict[int, Mark]) -> Text:
    """Return a text in which the numbers of patches have their colours."""
    text = Text(line)
    for number in re.finditer(r"#(\d{1,5})", line):
        if int(number[1]) in found:
            text.stylize(_color(found[int(number[1])]), *number.span())
    return text


def _color(mark: Mark) -> str:
    return f"bold white on {PALETTE[mark.color]}"


def _verdicts(view: TraceView) -> Table:
    table = Table("label", "policy", "verdict", "why", box=None, pad_edge=False, header_style="dim")
    label = ", ".join(view.question.answers) if view.question is not None else ""
    for verdict in view.verdicts:
        said = "chosen" if verdict.chosen else "kept" if verdict.kept else "refused"
        table.add_row(*(Text(visible(cell)) for cell in (label, verdict.policy, said, verdict.reason)))
    return table


def _ending(view: TraceView) -> Text:
    run = view.run
    style = "bold green" if view.status in _GOOD else "bold red"
    where = f" (line {run.line})" if run.line is not None else ""
    said = run.answer if run.answer is not None else run.message or ""
    return Text.assemble((f"{view.status}{where}", style), "  ", visible(said))
