"""The pictures of the benchmarks: generated scenes that nothing else uses, and scikit-image's photographs."""

import hashlib
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from vpd.datasets.scenes.generate import generate_scene
from vpd.datasets.scenes.world import Level, Scene
from vpd.tools.protocol import Picture

FIRST_SEED = 8_000_000
PHOTOGRAPHS = {
    "astronaut": "person",
    "camera": "person",
    "cat": "cat",
    "clock": "clock",
    "coffee": "cup",
    "coins": "clock",
    "horse": "horse",
    "rocket": "airplane",
    "motorcycle_left": "motorcycle",
    "motorcycle_right": "motorcycle",
}
"""Names of photographs, and what there is to ask about."""


def scenes(level: Level) -> Iterator[tuple[Scene, Picture]]:
    """Yield scenes without end, always the same."""
    seed = FIRST_SEED
    while True:
        scene, png = generate_scene(level, seed)
        yield scene, _picture(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR_RGB))
        seed += 1


def photographs() -> Iterator[tuple[str, Picture]]:
    """Yield the photographs that come with scikit-image, each with what there is to ask about."""
    from skimage import data

    pair = dict(zip(("motorcycle_left", "motorcycle_right"), data.stereo_motorcycle()[:2], strict=True))
    for name, noun in PHOTOGRAPHS.items():
        pixels = pair[name] if name in pair else getattr(data, name)()
        pixels = pixels * np.uint8(255) if pixels.dtype == bool else pixels
        yield noun, _picture(np.stack([pixels] * 3, axis=2) if pixels.ndim == 2 else pixels)


def _picture(pixels: Any) -> Picture:
    pixels = np.ascontiguousarray(pixels, np.uint8)
    return Picture(hashlib.sha256(pixels).hexdigest(), pixels)
