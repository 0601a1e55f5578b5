"""Small Markdown tables for the UI, with pictures inside them."""

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from vpd.geometry import Box

THUMBNAIL = 96
"""Longest side of a picture in the event log, in pixels: about 2 KB each."""


def markdown_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return a table with one column for every key that occurs, in order of first occurrence."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    if not columns:
        return "nothing"
    lines = [columns, ["---"] * len(columns), *([row.get(c, "") for c in columns] for row in rows)]
    return "\n".join(f"| {' | '.join(_cell(value) for value in line)} |" for line in lines)


def _cell(value: Any) -> str:
    if isinstance(value, Mapping):
        value = ", ".join(f"{name} {part}" for name, part in value.items())
    text = f"{value:.3g}" if isinstance(value, float) else str(value)
    return text.replace("|", "\\|").replace("\n", "<br>")


def thumbnail(data: bytes, boxes: Iterable[Box] = ()) -> str:
    """Return a picture file as inline Markdown, boxes (pixels of the full picture) drawn on it."""
    from PIL import Image, ImageDraw

    picture = Image.open(io.BytesIO(data)).convert("RGB")
    scale = min(1.0, THUMBNAIL / max(picture.size))
    picture = picture.resize((round(picture.width * scale), round(picture.height * scale)))
    draw = ImageDraw.Draw(picture)
    for box in boxes:
        sides = (box.left * scale, box.top * scale, box.right * scale, box.bottom * scale)
        draw.rectangle(sides, outline=(255, 0, 255))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=80)
    return _inline(buffer.getvalue(), "jpeg")


def inline_png(data: bytes) -> str:
    """Return a PNG file as inline Markdown."""
    return _inline(data, "png")


def _inline(data: bytes, kind: str) -> str:
    return f"![picture](data:image/{kind};base64,{base64.b64encode(data).decode()})"
