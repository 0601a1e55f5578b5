"""Name a region's colour and material from its pixels.

Polished metal mirrors the white room, which takes saturation from its paint; rubber does not. So the median
saturation tells the two apart for each colour, and orange from brown, which share their hue. Gray has no
saturation to lose: there metal is the brighter of the two, which the light can upset.
"""

import numpy as np
from numpy.typing import NDArray

from vpd.tools.opencv.segment import GRAY, HUES

HUE_NAMES = tuple(HUES)

# Median saturation below which a colour is metal: midway between both materials on 300 calibration scenes.
METAL_BELOW = {
    "red": 0.78,
    "orange": 0.85,
    "yellow": 0.81,
    "green": 0.73,
    "cyan": 0.76,
    "blue": 0.77,
    "purple": 0.68,
    "brown": 0.645,
}
BROWN_BELOW = 0.76  # saturation of an orange hue
BROWN_DIMMER = 0.74  # brightness of its lit side
METAL_GRAY = 0.44  # brightness of the lit side above which gray is metal
LIT_SIDE = 0.85  # quantile of the brightness


def color_and_material(value: NDArray[np.float32], hue: int) -> tuple[str, str]:
    """Return the names for pixels (n, 3), RGB 0 to 1, of a region with this hue."""
    brightest, darkest = value.max(-1), value.min(-1)
    lit = float(np.quantile(brightest, LIT_SIDE))
    if hue == GRAY:
        return "gray", "metal" if lit > METAL_GRAY else "rubber"
    saturation = float(np.median(1 - darkest / np.maximum(brightest, 1e-3)))
    color = HUE_NAMES[hue]
    if color == "orange" and saturation < BROWN_BELOW and lit < BROWN_DIMMER:
        color = "brown"
    return color, "metal" if saturation < METAL_BELOW[color] else "rubber"
