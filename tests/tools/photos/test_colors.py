"""Names of colours."""

import numpy as np
import pytest

from vpd.geometry import Box
from vpd.tools.colors import COLORS, color_name, color_shares
from vpd.tools.protocol import Picture


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        ((0, 0, 0), "black"),
        ((250, 250, 250), "white"),
        ((130, 130, 130), "gray"),
        ((210, 20, 20), "red"),
        ((250, 140, 20), "orange"),
        ((250, 230, 30), "yellow"),
        ((40, 160, 40), "green"),
        ((30, 60, 200), "blue"),
        ((130, 20, 140), "purple"),
        ((250, 170, 190), "pink"),
        ((110, 65, 25), "brown"),
    ],
)
def test_plain_colours_have_their_names(rgb, name):
    picture = Picture("flat", np.full((20, 30, 3), rgb, np.uint8))
    assert color_name(picture, Box(0, 0, 30, 20)) == (name, 1.0)


def test_colour_of_a_bus_with_dark_windows_is_not_black():
    pixels = np.full((40, 40, 3), (20, 20, 20), np.uint8)
    pixels[:, :15] = (30, 60, 200)
    assert color_name(Picture("bus", pixels), Box(0, 0, 40, 40))[0] == "black"  # an eighth of the middle
    pixels[:, :20] = (30, 60, 200)
    assert color_name(Picture("bus", pixels), Box(0, 0, 40, 40))[0] == "blue"


def test_colour_of_a_black_thing_on_white_is_black():
    pixels = np.full((40, 40, 3), (250, 250, 250), np.uint8)
    pixels[:, :24] = (20, 20, 20)
    assert color_name(Picture("horse", pixels), Box(0, 0, 40, 40)) == ("black", pytest.approx(0.7, abs=0.02))


@pytest.mark.parametrize(
    "region", [Box(0, 0, 0.2, 0.2), Box(29.9, 19.9, 30, 20), Box(5, 5, 5, 5), Box(99, 99, 200, 200)]
)
def test_colour_shares_of_the_smallest_regions_add_up(region):
    picture = Picture("noise", np.random.default_rng(0).integers(0, 256, (20, 30, 3)).astype(np.uint8))
    shares = color_shares(picture, region)
    assert tuple(shares) == COLORS
    assert sum(shares.values()) == pytest.approx(1)
