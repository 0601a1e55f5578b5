"""A region of a picture as a data URL: cut out, scaled down if large, as PNG so that no pixel is changed.

A photograph of 768 pixels takes 0.6 to 0.9 MB so, four times what a JPEG of quality 95 does.
"""

import base64
import math

import cv2

from vpd.geometry import Box
from vpd.tools.protocol import Picture


def touches(picture: Picture, region: Box) -> bool:
    """Tell whether a region has any part of the picture."""
    return region.clamp(picture.width, picture.height).area > 0


def data_url(picture: Picture, region: Box, side: int) -> str:
    """Return the pixels that a region touches, of which there must be one, scaled to `side` at most."""
    inside = region.clamp(picture.width, picture.height)
    left, top = math.floor(inside.left), math.floor(inside.top)
    window = picture.pixels[top : math.ceil(inside.bottom), left : math.ceil(inside.right)]
    height, width, _ = window.shape
    scale = side / max(width, height)
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        window = cv2.resize(window, size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    _, png = cv2.imencode(".png", cv2.cvtColor(window, cv2.COLOR_RGB2BGR))
    return "data:image/png;base64," + base64.b64encode(png.tobytes()).decode()
