"""The pinhole camera above the ground plane: from the plane to pixels and back.

World frame: x to the right, y up, z away from the camera, ground at y = 0, the camera at (0, elevation, 0),
pitched down. Pixels: origin top left, y downward, pixel (0, 0) covers [0, 1) x [0, 1).

The camera of a level is fixed, as a calibrated camera would be, so tools may know it. Lens distortion is
not modelled.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import cos, hypot, radians, sin
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vpd.datasets.scenes.world import LevelName

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Camera:
    """Picture size and focal length in pixels, elevation in world units, pitch in degrees below level."""

    width: int
    height: int
    focal: float
    elevation: float
    pitch: float

    @cached_property
    def axes(self) -> NDArray[np.float64]:
        """Rows: the camera's right, up and forward directions in the world."""
        c, s = cos(radians(self.pitch)), sin(radians(self.pitch))
        return np.array([[1.0, 0.0, 0.0], [0.0, c, s], [0.0, -s, c]])

    @property
    def position(self) -> NDArray[np.float64]:
        """Where the camera is in the world."""
        return np.array([0.0, self.elevation, 0.0])

    def project(self, points: Floats) -> NDArray[np.float64]:
        """Return pixels of shape (n, 2) for world points of shape (n, 3)."""
        right, up, forward = self.axes @ (points - self.position).T
        scale = self.focal / forward
        return np.stack([self.width / 2 + right * scale, self.height / 2 - up * scale], axis=1)

    def rays(self, u: Floats, v: Floats) -> NDArray[np.float32]:
        """Return unit directions through pixels, of shape (..., 3)."""
        right, up = (u - self.width / 2) / self.focal, (self.height / 2 - v) / self.focal
        rays = np.stack([right, up, np.ones_like(right)], axis=-1) @ self.axes
        unit: NDArray[np.float32] = (rays / np.linalg.norm(rays, axis=-1, keepdims=True)).astype(np.float32)
        return unit

    def ground_point(self, u: float, v: float) -> tuple[float, float]:
        """Return (x, z) of the ground seen at a pixel; a pixel above the horizon gives a very far point."""
        ray = (
            np.array([(u - self.width / 2) / self.focal, (self.height / 2 - v) / self.focal, 1.0]) @ self.axes
        )
        steps = self.elevation / max(-float(ray[1]), 1e-3)
        return float(ray[0]) * steps, float(ray[2]) * steps

    def distance(self, x: float, z: float) -> float:
        """Return the distance from the camera to a ground point: what `SceneObject.depth` holds."""
        return hypot(x, self.elevation, z)


CAMERAS: dict[LevelName, Camera] = {
    "easy": Camera(width=96, height=96, focal=130.0, elevation=5.0, pitch=29.0),
    "full": Camera(width=320, height=240, focal=350.0, elevation=5.0, pitch=27.0),
}


@lru_cache(maxsize=8)
def view_rays(camera: Camera, scale: int) -> NDArray[np.float32]:
    """Return unit directions through the pixel centres at `scale` times the size, (height, width, 3)."""
    u = (np.arange(camera.width * scale) + 0.5) / scale
    v = (np.arange(camera.height * scale) + 0.5) / scale
    return camera.rays(*np.meshgrid(u, v))


def camera_for(width: int, height: int) -> Camera:
    """Return the camera of a picture of this size; for a foreign size, that of `full` stretched to fit."""
    for camera in CAMERAS.values():
        if (camera.width, camera.height) == (width, height):
            return camera
    full = CAMERAS["full"]
    scale = max(width / full.width, height / full.height)
    return Camera(width, height, full.focal * scale, full.elevation, full.pitch)
