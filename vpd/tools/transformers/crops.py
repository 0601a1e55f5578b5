"""A region as a picture of its own, fit for any model, and the way back for boxes.

A side below LEAST_SIDE pixels, or below 1/LONGEST_SHAPE of the other, is stretched to that: processors
mistake a picture one to three pixels high for one with its colours first, and scale a thin one to nothing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from vpd.geometry import Box
from vpd.tools.protocol import Picture, ToolRequest

LEAST_SIDE = 16
LONGEST_SHAPE = 8


@dataclass(frozen=True)
class Crop:
    """The pixels that a region touches. `window` is in whole pixels of the picture; `image` is RGB."""

    window: Box
    image: Image.Image

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the image in pixels, as processors name sizes."""
        return self.image.height, self.image.width

    def to_picture(self, edges: list[float]) -> Box:
        """Return [left, top, right, bottom] of the image as a box in the picture, cut off at the window."""
        inside = Box(*edges).clamp(self.image.width, self.image.height)
        across, down = self.window.width / self.image.width, self.window.height / self.image.height
        return Box(
            self.window.left + inside.left * across,
            self.window.top + inside.top * down,
            self.window.left + inside.right * across,
            self.window.top + inside.bottom * down,
        )


def _window(request: ToolRequest) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of the whole pixels that a request's region touches."""
    inside = request.region.clamp(request.picture.width, request.picture.height)
    return (
        math.floor(inside.left),
        math.floor(inside.top),
        math.ceil(inside.right),
        math.ceil(inside.bottom),
    )


def crops_of(requests: Sequence[ToolRequest]) -> list[Crop]:
    """Cut each request's region, which must not be empty, out of its picture; equal ones are one object."""
    cut: dict[tuple[str, tuple[int, int, int, int]], Crop] = {}
    found: list[Crop] = []
    for request in requests:
        window = _window(request)
        key = request.picture.image_id, window
        if key not in cut:
            cut[key] = _cut(request.picture, window)
        found.append(cut[key])
    return found


def _cut(picture: Picture, window: tuple[int, int, int, int]) -> Crop:
    left, top, right, bottom = window
    image = Image.fromarray(picture.pixels[top:bottom, left:right])
    least = max(LEAST_SIDE, math.ceil(max(image.size) / LONGEST_SHAPE))
    size = max(image.width, least), max(image.height, least)
    fit = image if size == image.size else image.resize(size, Image.Resampling.BILINEAR)
    return Crop(Box(left, top, right, bottom), fit)
