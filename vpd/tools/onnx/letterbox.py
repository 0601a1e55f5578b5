"""A region of a picture as a square network input: scaled to fit, centred, and the way back for boxes."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vpd.geometry import Box
from vpd.tools.protocol import Picture


@dataclass(frozen=True)
class Letterbox:
    """How a window of a picture lies on a square canvas.

    left, top, width, height:    the window, whole pixels of the picture
    side:                        the canvas, pixels
    scaled_width, scaled_height: the window on the canvas, whole pixels
    """

    left: int
    top: int
    width: int
    height: int
    side: int
    scaled_width: int
    scaled_height: int

    @property
    def margin(self) -> tuple[int, int]:
        """Where the window begins on the canvas, (x, y)."""
        return (self.side - self.scaled_width) // 2, (self.side - self.scaled_height) // 2

    def window(self, picture: Picture) -> NDArray[np.uint8]:
        """Return the window's pixels as they are, RGB (height, width, 3)."""
        return picture.pixels[self.top : self.top + self.height, self.left : self.left + self.width]

    def canvas(self, picture: Picture, fill: tuple[int, int, int]) -> NDArray[np.uint8]:
        """Return the canvas, RGB (side, side, 3), with `fill` around the window."""
        smaller = self.scaled_width < self.width or self.scaled_height < self.height
        how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
        x, y = self.margin
        canvas = np.empty((self.side, self.side, 3), np.uint8)
        canvas[:] = fill
        scaled = cv2.resize(self.window(picture), (self.scaled_width, self.scaled_height), interpolation=how)
        canvas[y : y + self.scaled_height, x : x + self.scaled_width] = scaled
        return canvas

    def to_picture(self, box: Box) -> Box:
        """Return a box on the canvas as a box in the picture, cut off at the window; edges map to edges."""
        x, y = self.margin
        inside = Box(box.left - x, box.top - y, box.right - x, box.bottom - y).clamp(
            self.scaled_width, self.scaled_height
        )
        across, down = self.width / self.scaled_width, self.height / self.scaled_height
        return Box(
            self.left + inside.left * across,
            self.top + inside.top * down,
            self.left + inside.right * across,
            self.top + inside.bottom * down,
        )


def letterbox(region: Box, picture: Picture, side: int) -> Letterbox | None:
    """Fit the pixels that a region touches into a square; None if it touches no pixel of the picture."""
    inside = region.clamp(picture.width, picture.height)
    left, top = math.floor(inside.left), math.floor(inside.top)
    width, height = math.ceil(inside.right) - left, math.ceil(inside.bottom) - top
    if inside.area <= 0:
        return None
    scale = side / max(width, height)
    return Letterbox(
        left, top, width, height, side, max(1, round(width * scale)), max(1, round(height * scale))
    )
