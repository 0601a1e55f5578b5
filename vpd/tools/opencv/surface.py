"""Name a region's colour and material from its pixels."""

import numpy as np
from numpy.typing import NDArray

from vpd.tools.opencv.segment import GRAY, HUES

HUE_NAMES = tuple(HUES)


def color_and_material(value: NDArray[np.float32], hue: int) -> tuple[str, str]:
    """Return the names for pixels (n, 3), RGB 0 to 1, of a region with this hue."""
    color = "gray" if hue == GRAY else HUE_NAMES[hue]
    bright = value.max(-1)
    if color == "orange" and np.quantile(bright, 0.85) < 0.6:
        color = "brown"
    return color, "rubber"
