"""The camera: from the ground to pixels and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpd.datasets.scenes.camera import CAMERAS, camera_for


@pytest.mark.parametrize("level", ["easy", "full"])
@given(x=st.floats(-3, 3), z=st.floats(5, 13))
def test_ground_point_of_a_projected_point_is_the_point_again(level, x, z):
    camera = CAMERAS[level]
    ((u, v),) = camera.project(np.array([[x, 0.0, z]]))
    assert camera.ground_point(u, v) == pytest.approx((x, z), abs=1e-6)


def test_rays_through_a_projected_point_lead_to_the_point():
    camera = CAMERAS["full"]
    point = np.array([1.0, 0.7, 9.0])
    ((u, v),) = camera.project(point[None])
    ray = camera.rays(np.array([u]), np.array([v]))[0]
    way = point - camera.position
    assert ray == pytest.approx(way / np.linalg.norm(way), abs=1e-5)


@pytest.mark.parametrize("size", [(96, 96), (320, 240)])
def test_camera_for_a_levels_size_is_that_levels_camera(size):
    assert camera_for(*size) in CAMERAS.values()


def test_camera_for_a_foreign_size_sees_the_same_scene_larger():
    full, twice = CAMERAS["full"], camera_for(640, 480)
    point = np.array([[1.0, 0.0, 9.0]])
    assert twice.project(point) == pytest.approx(2 * full.project(point))
