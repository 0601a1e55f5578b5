"""A run as one HTML page: program with its executed lines lit, picture with boxes, every step with its crop.

No script: lines, steps and boxes that belong together light up together by CSS alone, and the page's own
policy lets nothing load or run. The gallery of a shard (`vpd.inspect.gallery`) is made of the same parts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment
from markupsafe import Markup, escape

from vpd.execution.trace import PatchRef, TraceEvent, Value
from vpd.geometry import Box
from vpd.inspect.drawing import PALETTE, Embedded, Mark, Tag, embed, marks, tags
from vpd.inspect.html import environment
from vpd.inspect.view import Line, TraceView
from vpd.inspect.wording import patch_name, patches, pieces, visible

_LARGEST_FILE = 4_000_000  # bytes; a larger picture file becomes a JPEG
_LARGEST_SIDE = 1600  # pixels of that JPEG
_STEPS_SHOWN = 300
_LINES_SHOWN = 150
_BOXES_SHOWN = 80  # on one picture
_TAG_SIZE = 0.045  # height of a number, in lengths of the picture's longer side


@dataclass(frozen=True)
class Step:
    """An event made ready to show. `crop`: the region a tool looked at; `found`: the patches it gave."""

    event: TraceEvent
    what: Markup
    gave: Markup
    crop: Box | None
    found: tuple[Mark, ...]


@dataclass(frozen=True)
class Sheet:
    """A run made ready for the templates: `name` begins its ids, `picture` is the id of its picture."""

    name: str
    view: TraceView
    picture: str | None
    width: int
    height: int
    tag_size: float
    tags: tuple[Tag, ...]
    lines: tuple[Line, ...]
    steps: tuple[Step, ...]
    left_out: int


def trace_page(view: TraceView) -> str:
    """Return one run as a page."""
    embedded = None if view.picture is None else embed(view.picture, _LARGEST_FILE, _LARGEST_SIDE)
    sheet = make_sheet(view, "trace", "picture", embedded, _STEPS_SHOWN)
    pictures = {} if embedded is None else {"picture": embedded}
    return templates().get_template("page.html.j2").render(sheet=sheet, **shared([sheet], pictures))


def make_sheet(view: TraceView, name: str, picture: str, embedded: Embedded | None, most_steps: int) -> Sheet:
    """Make a run ready: what is drawn where, and the first `most_steps` steps."""
    found = {mark.number: mark for mark in marks(view.run.events)}
    width, height = (embedded.width, embedded.height) if embedded is not None else (4, 3)
    size = _TAG_SIZE * max(width, height)
    return Sheet(
        name=name,
        view=view,
        picture=None if embedded is None else picture,
        width=width,
        height=height,
        tag_size=size,
        tags=tuple(tags(list(found.values())[:_BOXES_SHOWN], width, height, size)),
        lines=view.lines[:_LINES_SHOWN],
        steps=tuple(_step(event, found) for event in view.run.events[:most_steps]),
        left_out=max(0, len(view.run.events) - most_steps),
    )


def shared(sheets: Sequence[Sheet], pictures: Mapping[str, Embedded]) -> dict[str, object]:
    """Return what the templates need beside the sheets themselves."""
    linked = {line.number for sheet in sheets for line in sheet.lines if line.steps}
    return {"pictures": pictures, "palette": PALETTE, "linked_lines": sorted(linked)}


@cache
def templates() -> Environment:
    """Return the templates of this package."""
    return environment("vpd.inspect")


def _step(event: TraceEvent, found: Mapping[int, Mark]) -> Step:
    crop = event.patch.box if event.kind == "tool" and event.patch is not None else None
    seen = tuple(found[p.number] for p in patches(event.value) if p.number) if crop is not None else ()
    return Step(event, _what(event, found), _value(event.value, found), crop, seen[:_BOXES_SHOWN])


def _what(event: TraceEvent, found: Mapping[int, Mark]) -> Markup:
    if event.kind != "tool":
        return escape(visible(event.name))
    args = Markup(", ").join(_value(arg, found) for arg in event.args)
    on = Markup("") if event.patch is None else _value(event.patch, found) + "."
    return Markup("{}{}({})").format(on, visible(event.name), args)


def _value(value: Value, found: Mapping[int, Mark]) -> Markup:
    """Return a value as `vpd.inspect.wording` writes it, patches on plates of their colour."""
    return Markup("").join(_plate(p, found) if isinstance(p, PatchRef) else p for p in pieces(value))


def _plate(patch: PatchRef, found: Mapping[int, Mark]) -> Markup:
    color = f"c{found[patch.number].color}" if patch.number in found else "whole"
    plate = Markup('<b class="patch {}" title="{}">{}</b>')
    return plate.format(color, visible(patch.name), patch_name(patch))
