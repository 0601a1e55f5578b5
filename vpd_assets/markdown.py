"""Small Markdown tables for the UI, with pictures inside them."""

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

from vpd.inspect.drawing import PALETTE, Mark, drawn

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


def thumbnail(data: bytes, found: Sequence[Mark] = ()) -> str:
    """Return a picture file as inline Markdown, with the patches of a run drawn on it."""
    buffer = io.BytesIO()
    picture = drawn(data, [(mark.box, PALETTE[mark.color]) for mark in found], (THUMBNAIL, THUMBNAIL))
    picture.save(buffer, "JPEG", quality=80)
    return _inline(buffer.getvalue(), "jpeg")


def inline_png(data: bytes) -> str:
    """Return a PNG file as inline Markdown."""
    return _inline(data, "png")


def _inline(data: bytes, kind: str) -> str:
    return f"![picture](data:image/{kind};base64,{base64.b64encode(data).decode()})"
