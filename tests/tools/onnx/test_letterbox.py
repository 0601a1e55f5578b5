"""Where a region lies on the network's square input, and where boxes go from there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpd.geometry import Box
from vpd.tools.onnx.letterbox import letterbox
from vpd.tools.protocol import Picture

SIDE = 416


def _picture(width, height):
    return Picture("p", np.zeros((height, width, 3), np.uint8))


@st.composite
def regions(draw):
    """A picture's size and a region that touches it."""
    width, height = draw(st.integers(1, 900)), draw(st.integers(1, 900))
    x = sorted(draw(st.lists(st.floats(0, width), min_size=2, max_size=2)))
    y = sorted(draw(st.lists(st.floats(0, height), min_size=2, max_size=2)))
    return width, height, Box(x[0], y[0], x[1], y[1])


@given(regions())
def test_letterbox_of_any_region_covers_it_and_stays_in_the_picture(case):
    width, height, region = case
    fitted = letterbox(region, _picture(width, height), SIDE)
    if region.area == 0:
        assert fitted is None
        return
    assert fitted.left <= region.left < fitted.left + fitted.width + 1e-9
    assert fitted.left + fitted.width >= region.right
    assert fitted.top + fitted.height >= region.bottom
    assert 0 <= fitted.left < fitted.left + fitted.width <= width
    assert 0 <= fitted.top < fitted.top + fitted.height <= height
    assert max(fitted.scaled_width, fitted.scaled_height) == SIDE


@given(regions(), st.data())
def test_box_on_the_canvas_maps_back_exactly(case, data):
    """A box of the window, brought to the canvas by the plain rule of three, comes back as it was."""
    width, height, region = case
    fitted = letterbox(region, _picture(width, height), SIDE)
    if fitted is None:
        return
    x = sorted(data.draw(st.lists(st.floats(0, fitted.width), min_size=2, max_size=2)))
    y = sorted(data.draw(st.lists(st.floats(0, fitted.height), min_size=2, max_size=2)))
    (left, top), across, down = (
        fitted.margin,
        fitted.scaled_width / fitted.width,
        fitted.scaled_height / fitted.height,
    )
    on_canvas = Box(left + x[0] * across, top + y[0] * down, left + x[1] * across, top + y[1] * down)
    back = fitted.to_picture(on_canvas)
    expected = (fitted.left + x[0], fitted.top + y[0], fitted.left + x[1], fitted.top + y[1])
    assert (back.left, back.top, back.right, back.bottom) == pytest.approx(expected, abs=1e-6)


def test_box_that_leaves_the_window_is_cut_off_at_its_border():
    fitted = letterbox(Box(10, 20, 50, 40), _picture(100, 80), SIDE)
    assert fitted.to_picture(Box(-50, -50, 500, 500)) == Box(10, 20, 50, 40)


def test_canvas_shows_the_window_in_the_middle_and_the_fill_around():
    pixels = np.zeros((80, 100, 3), np.uint8)
    pixels[20:40, 10:50] = (200, 10, 30)
    picture = Picture("p", pixels)
    fitted = letterbox(Box(10, 20, 50, 40), picture, SIDE)
    canvas = fitted.canvas(picture, (1, 2, 3))
    assert canvas.shape == (SIDE, SIDE, 3)
    assert (canvas[SIDE // 2, [0, SIDE - 1]] == (200, 10, 30)).all()
    assert (canvas[[0, SIDE - 1], SIDE // 2] == (1, 2, 3)).all()


@pytest.mark.parametrize("size", [(1, 1), (3000, 2), (2, 3000)])
def test_pictures_of_odd_sizes_have_a_canvas(size):
    picture = _picture(*size)
    fitted = letterbox(Box(0, 0, *size), picture, SIDE)
    assert fitted.canvas(picture, (0, 0, 0)).shape == (SIDE, SIDE, 3)
