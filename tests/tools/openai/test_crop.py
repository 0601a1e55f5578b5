import base64

import cv2
import numpy as np
import pytest

from vpd.geometry import Box
from vpd.tools.openai.crop import data_url, touches
from vpd.tools.protocol import Picture


def decoded(url: str) -> np.ndarray:
    assert url.startswith("data:image/png;base64,")
    data = np.frombuffer(base64.b64decode(url.split(",")[1]), np.uint8)
    return cv2.imdecode(data, cv2.IMREAD_COLOR_RGB)


@pytest.mark.parametrize(
    ("region", "rows", "columns"),
    [
        (Box(0, 0, 90, 60), slice(0, 60), slice(0, 90)),
        (Box(10, 20, 30, 25), slice(20, 25), slice(10, 30)),
        (Box(10.2, 20.9, 11.1, 21.1), slice(20, 22), slice(10, 12)),
        (Box(80, 50, 200, 200), slice(50, 60), slice(80, 90)),
    ],
)
def test_crop_has_the_very_pixels_that_the_region_touches(picture, region, rows, columns):
    sent = decoded(data_url(picture, region, 90))
    assert np.array_equal(sent, picture.pixels[rows, columns])


@pytest.mark.parametrize(
    ("region", "side", "shape"),
    [
        (Box(0, 0, 90, 60), 45, (30, 45)),
        (Box(0, 0, 30, 60), 40, (40, 20)),
        (Box(0, 0, 90, 1), 9, (1, 9)),
        (Box(0, 0, 9, 6), 45, (6, 9)),
    ],
)
def test_crop_larger_than_the_side_is_scaled_down_and_a_smaller_one_never_up(picture, region, side, shape):
    assert decoded(data_url(picture, region, side)).shape[:2] == shape


def test_crop_scaled_down_averages_pixels():
    pixels = np.zeros((40, 40, 3), np.uint8)
    pixels[:, ::2] = 200
    sent = decoded(data_url(Picture("stripes", pixels), Box(0, 0, 40, 40), 20))
    assert (sent == 100).all()


@pytest.mark.parametrize("region", [Box(5, 5, 5, 9), Box(95, 0, 99, 9), Box(0, -9, 90, 0)])
def test_region_without_a_pixel_of_the_picture_touches_nothing(picture, region):
    assert not touches(picture, region)
    assert touches(picture, Box(89.9, 59.9, 100, 100))
