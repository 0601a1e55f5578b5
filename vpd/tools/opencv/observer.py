"""See the objects of a scene in its pixels: regions, solids, surfaces.

A picture of a foreign size is looked at in a reduced copy with the camera of the `full` level; on pictures
that are no scenes the answers are worth little.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from vpd.datasets.scenes.camera import CAMERAS, camera_for
from vpd.datasets.scenes.solids import RADII
from vpd.datasets.scenes.world import LEVELS
from vpd.geometry import Box
from vpd.tools.names import Traits
from vpd.tools.opencv.explain import Thing, explain
from vpd.tools.opencv.fit import kinds_for
from vpd.tools.opencv.segment import segment
from vpd.tools.opencv.surface import color_and_material
from vpd.tools.protocol import Picture
from vpd.tools.scene_methods import Sighting


class PixelObserver:
    """Sees objects in pixels. Raise the version with every change that can change an answer."""

    version = "opencv-1"

    def look(self, picture: Picture) -> tuple[Sighting, ...]:
        """Return the objects of a picture, in no order."""
        pixels, scale = _reduced(picture.pixels)
        height, width = pixels.shape[:2]
        camera = camera_for(width, height)
        level = next((n for n, c in CAMERAS.items() if c == camera), "full")
        kinds = kinds_for(camera, LEVELS[level], tuple(RADII[level].items()))
        regions = segment(pixels)
        things = explain(regions, camera, kinds)
        return tuple(
            _sighting(t, camera.distance(t.fit.solid.x, t.fit.solid.z), regions.value, scale) for t in things
        )


def _reduced(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    height, width = pixels.shape[:2]
    longest = CAMERAS["full"].width
    if max(height, width) <= longest:
        return pixels, 1.0
    scale = max(height, width) / longest
    size = (max(1, round(width / scale)), max(1, round(height / scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8), scale


def _sighting(thing: Thing, depth: float, value: NDArray[np.float32], scale: float) -> Sighting:
    color, material = color_and_material(value[thing.own], thing.hue)
    traits = Traits(thing.fit.solid.shape, color, thing.fit.size, material)
    box = Box(
        thing.box.left * scale, thing.box.top * scale, thing.box.right * scale, thing.box.bottom * scale
    )
    return Sighting(traits, box, depth, round(min(max(thing.fit.score, 0.05), 0.99), 3))
