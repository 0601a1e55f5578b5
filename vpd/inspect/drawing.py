"""Pictures and the boxes on them: the same numbers and colours in pages, in the terminal and in the UI.

Boxes are in pixels of the stored picture. A patch has the colour of the step in which it first occurs.
"""

import io
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from vpd.execution.trace import TraceEvent
from vpd.geometry import Box
from vpd.inspect.wording import patches

PALETTE = ("#c2255c", "#1864ab", "#2b7a3d", "#b8480b", "#6741d9", "#0b6e80", "#8a5a00", "#862e9c")
"""Stroke and label colours; white text on each has a contrast of at least 4.5."""


@dataclass(frozen=True)
class Mark:
    """A patch as it is drawn: number and name in the run, box, index into PALETTE, lines it occurs on."""

    number: int
    name: str
    box: Box
    color: int
    lines: tuple[int, ...]


@dataclass(frozen=True)
class Embedded:
    """A picture as a data address, and the size in pixels of the picture it was made from."""

    address: str
    width: int
    height: int


def marks(events: Iterable[TraceEvent]) -> list[Mark]:
    """Return every patch of a run but the whole picture, by number."""
    colors: dict[int, int] = {}
    found: dict[int, Mark] = {}
    for event in events:
        values = (event.patch, *event.args, event.value)
        for patch in (p for value in values for p in patches(value) if p.number):
            if patch.number not in found:
                color = colors.setdefault(event.seq, len(colors)) % len(PALETTE)
                found[patch.number] = Mark(patch.number, patch.name, patch.box, color, ())
            known = found[patch.number]
            lines = tuple(sorted({*known.lines, event.line}))
            found[patch.number] = Mark(known.number, known.name, known.box, known.color, lines)
    return [found[number] for number in sorted(found)]


def embed(data: bytes, largest_file: int, largest_side: int) -> Embedded:
    """Return a picture file as it is, or as a JPEG no longer than `largest_side` if it has more bytes."""
    with Image.open(io.BytesIO(data)) as picture:
        width, height = picture.size
        media_type = "image/png" if picture.format == "PNG" else "image/jpeg"
        if len(data) > largest_file or picture.format not in ("PNG", "JPEG", "MPO"):
            data, media_type = _small_jpeg(picture, largest_side), "image/jpeg"
    return Embedded(f"data:{media_type};base64,{b64encode(data).decode()}", width, height)


def _small_jpeg(picture: Image.Image, side: int) -> bytes:
    picture.draft("RGB", (side, side))  # a JPEG is decoded at a fraction of its size
    small = picture.convert("RGB")
    small.thumbnail((side, side))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def drawn(data: bytes, boxes: Sequence[tuple[Box, str]], size: tuple[int, int]) -> Image.Image:
    """Return a picture file scaled to fit a size, enlarged if need be, with boxes and their colours on it."""
    with Image.open(io.BytesIO(data)) as file:
        whole = file.size
        file.draft("RGB", size)
        picture = file.convert("RGB")
    scale = min(size[0] / whole[0], size[1] / whole[1])
    picture = picture.resize((max(1, round(whole[0] * scale)), max(1, round(whole[1] * scale))))
    pen = ImageDraw.Draw(picture)
    for box, color in boxes:
        pen.rectangle([edge * scale for edge in (box.left, box.top, box.right, box.bottom)], outline=color)
    return picture


@dataclass(frozen=True)
class Tag:
    """A mark as SVG draws it, in pixels of the picture: its rectangle and the plate with its number."""

    mark: Mark
    x: float
    y: float
    width: float
    height: float
    plate_x: float
    plate_y: float


def tags(found: Sequence[Mark], width: int, height: int, size: float) -> list[Tag]:
    """Return marks with plates of height `size` (plate width: `plate_width`) that lie side by side."""
    placed: dict[tuple[int, int], int] = {}
    drawn_tags = []
    for mark in found:
        box = mark.box
        corner = round(box.left), round(box.top)
        shift = placed.get(corner, 0)
        placed[corner] = shift + 1
        x = min(box.left + shift * plate_width(size), width - plate_width(size))
        y = box.top - size if box.top >= size else min(box.top, height - size)
        drawn_tags.append(Tag(mark, box.left, box.top, box.width, box.height, max(0.0, x), max(0.0, y)))
    return drawn_tags


def plate_width(size: float) -> float:
    """Return the width of a plate that is `size` high; a number of three digits fits."""
    return 1.6 * size
