import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from vpd.store import ArtifactStore


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore.open(str(tmp_path / "store"))


@pytest.fixture
def encoded() -> Callable[..., bytes]:
    """Encodes pixels as a picture file."""

    def encode(pixels: Any, form: str = "PNG", **options: Any) -> bytes:
        image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(np.asarray(pixels, np.uint8))
        buffer = io.BytesIO()
        image.save(buffer, form, **options)
        return buffer.getvalue()

    return encode


@pytest.fixture
def folder(tmp_path: Path, encoded: Callable[..., bytes]) -> Path:
    """A folder with three different good pictures, a copy, a text and half a picture."""
    place = tmp_path / "mine"
    place.mkdir()
    for number, name in enumerate(("a.png", "b.png", "c.png")):
        (place / name).write_bytes(encoded(np.full((6, 8, 3), 50 * number)))
    (place / "copy.png").write_bytes((place / "a.png").read_bytes())
    (place / "text.png").write_bytes(b"no picture")
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3))
    (place / "half.png").write_bytes(encoded(noise)[:6000])
    return place


@pytest.fixture
def jsonl(folder: Path) -> Callable[..., Path]:
    """Writes lines (objects, or raw text) to a file in the folder."""

    def write(*lines: Any) -> Path:
        file = folder / "q.jsonl"
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        file.write_text("".join(f"{text}\n" for text in texts))
        return file

    return write
