"""Crops and the way back for boxes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpd.geometry import Box
from vpd.tools.protocol import Picture, ToolRequest
from vpd.tools.transformers.crops import LEAST_SIDE, LONGEST_SHAPE, crops_of

sides = st.integers(1, 300)
shares = st.floats(0, 1)


def request_for(width, height, region):
    return ToolRequest(Picture("p", np.zeros((height, width, 3), np.uint8)), region, ())


@given(width=sides, height=sides, edges=st.tuples(shares, shares, shares, shares))
def test_a_crop_is_fit_for_any_processor_and_its_window_is_whole_pixels_around_the_region(
    width, height, edges
):
    x, y = sorted((edges[0] * width, edges[1] * width)), sorted((edges[2] * height, edges[3] * height))
    region = Box(x[0], y[0], x[1], y[1])
    if region.area <= 0:
        return
    [crop] = crops_of([request_for(width, height, region)])
    high, wide = crop.size
    assert min(high, wide) >= LEAST_SIDE
    assert max(high, wide) <= LONGEST_SHAPE * min(high, wide)
    assert crop.image.mode == "RGB"
    assert crop.window.overlap(region) == pytest.approx(region.area)
    assert crop.window.width < region.width + 2
    assert crop.window == crop.window.clamp(width, height)


@given(width=sides, height=sides, at=st.tuples(shares, shares, shares, shares))
def test_a_box_comes_back_to_where_it_was(width, height, at):
    [crop] = crops_of([request_for(width, height, Box(width * 0.2, height * 0.1, width, height * 0.9))])
    x, y = sorted(at[:2]), sorted(at[2:])
    high, wide = crop.size
    box = crop.to_picture([x[0] * wide, y[0] * high, x[1] * wide, y[1] * high])
    window = crop.window
    assert box.left == pytest.approx(window.left + x[0] * window.width, abs=1e-6)
    assert box.right == pytest.approx(window.left + x[1] * window.width, abs=1e-6)
    assert box.top == pytest.approx(window.top + y[0] * window.height, abs=1e-6)
    assert box.bottom == pytest.approx(window.top + y[1] * window.height, abs=1e-6)


def test_a_box_is_cut_off_at_the_window():
    [crop] = crops_of([request_for(100, 80, Box(20, 30, 60, 70))])
    assert crop.to_picture([-50, -1, 500, 41]) == Box(20, 30, 60, 70)


def test_pixels_of_an_ordinary_crop_are_the_pictures_own():
    pixels = np.random.default_rng(0).integers(0, 256, (60, 80, 3)).astype(np.uint8)
    [crop] = crops_of([ToolRequest(Picture("p", pixels), Box(10.2, 5.5, 49.1, 40), ())])
    assert np.array_equal(np.asarray(crop.image), pixels[5:40, 10:50])


def test_equal_regions_of_a_picture_are_cut_once():
    region, other = Box(0, 0, 50.5, 40), Box(0, 0, 30, 40)
    pixels = np.zeros((60, 80, 3), np.uint8)
    p, q = Picture("p", pixels), Picture("q", pixels)
    cases = [(p, region), (p, other), (q, region), (p, Box(0, 0, 50.9, 40))]
    a, b, c, d = crops_of([ToolRequest(picture, box, ()) for picture, box in cases])
    assert a is d
    assert len({id(crop) for crop in (a, b, c)}) == 3
