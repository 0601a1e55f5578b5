"""See the objects of a scene in its pixels: regions, solids, surfaces.

A picture of a foreign size is looked at in a copy of the `full` level's size and with its camera; on
pictures that are no scenes the answers are worth little.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from vpd.datasets.scenes.camera import CAMERAS, Camera, camera_for
from vpd.datasets.scenes.world import LevelName
from vpd.geometry import Box
from vpd.tools.names import Traits
from vpd.tools.opencv.bank import bank_for
from vpd.tools.opencv.explain import Thing, explain
from vpd.tools.opencv.segment import Regions, segment
from vpd.tools.opencv.surface import color_and_material
from vpd.tools.protocol import Picture
from vpd.tools.scene_methods import Sighting

NARROWEST = 32  # pixels; a strip narrower than this shows no scene


class PixelObserver:
    """Sees objects in pixels. Raise the version with every change that can change an answer."""

    version = "opencv-3"

    def look(self, picture: Picture) -> tuple[Sighting, ...]:
        """Return the objects of a picture, in no order."""
        pixels, scale = _resized(picture.pixels)
        if min(pixels.shape[:2]) < NARROWEST:
            return ()
        camera = camera_for(pixels.shape[1], pixels.shape[0])
        level: LevelName = next((name for name, known in CAMERAS.items() if known == camera), "full")
        regions = segment(pixels)
        things = explain(regions, bank_for(camera, level))
        return tuple(_sighting(thing, camera, regions, scale) for thing in things)


def _resized(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    height, width = pixels.shape[:2]
    if any((camera.width, camera.height) == (width, height) for camera in CAMERAS.values()):
        return pixels, 1.0
    scale = max(height, width) / CAMERAS["full"].width
    size = (max(1, round(width / scale)), max(1, round(height / scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8), scale


def _sighting(thing: Thing, camera: Camera, regions: Regions, scale: float) -> Sighting:
    color, material = color_and_material(regions.value[thing.own], thing.hue)
    kind, box = thing.fit.kind, thing.box
    confidence = round(min(max(float(thing.fit.score), 0.05), 0.99), 3)
    whole = Box(box.left * scale, box.top * scale, box.right * scale, box.bottom * scale)
    depth = camera.distance(*camera.ground_point(*thing.fit.foot))
    return Sighting(Traits(kind.shape, color, kind.size, material), whole, depth, confidence)
