"""Distances from depth maps."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from transformers import AutoConfig, AutoImageProcessor

from vpd.geometry import Box
from vpd.tools.protocol import Picture, ToolFailure, ToolRequest
from vpd.tools.transformers.depth import Depth, distance, is_metric
from vpd.tools.transformers.weights import Loaded


class SeesBrightness:
    """Calls bright pixels near; counts the pictures that it looks at."""

    device, dtype = torch.device("cpu"), torch.float32

    def __init__(self, change=lambda depth: depth):
        self.looked = 0
        self.change = change

    def __call__(self, pixel_values):
        self.looked += len(pixel_values)
        return SimpleNamespace(predicted_depth=self.change(pixel_values.mean(1) + 3))


@pytest.fixture
def processor(models):
    return AutoImageProcessor.from_pretrained(models["depth_anything"], backend="pil")


LEFT, RIGHT = Box(5, 5, 90, 90), Box(110, 5, 190, 95)


def half_bright(name="p"):
    pixels = np.zeros((100, 200, 3), np.uint8)
    pixels[:, 100:] = 255
    return Picture(name, pixels)


def ask(depth, model, picture, *regions):
    return depth.answer(model, [ToolRequest(picture, region, ()) for region in regions])


def test_what_has_more_inverse_depth_is_nearer(processor):
    left, right = ask(Depth(metric=False), Loaded(SeesBrightness(), processor), half_bright(), LEFT, RIGHT)
    assert right.value < left.value
    assert right.value == pytest.approx(1 / 1.01, rel=0.05)


def test_metric_depth_is_the_distance(processor):
    left, right = ask(Depth(metric=True), Loaded(SeesBrightness(), processor), half_bright(), LEFT, RIGHT)
    assert left.value < right.value
    assert right.value - left.value == pytest.approx(
        2, abs=0.1
    )  # white is 1 and black -1 after normalisation


def test_several_regions_cost_one_look_at_the_whole_picture(processor):
    depth, network = Depth(metric=False), SeesBrightness()
    model = Loaded(network, processor)
    first = ask(depth, model, half_bright(), LEFT, RIGHT, LEFT)
    assert network.looked == 1
    assert ask(depth, model, half_bright(), RIGHT, LEFT) == [first[1], first[0]]
    assert network.looked == 1
    ask(depth, model, half_bright("another"), LEFT)
    assert network.looked == 2


def test_many_pictures_do_not_pile_up(processor):
    depth, network = Depth(metric=False), SeesBrightness()
    model = Loaded(network, processor)
    for number in range(70):
        ask(depth, model, half_bright(str(number)), LEFT)
    ask(depth, model, half_bright("69"), LEFT)
    assert network.looked == 70
    ask(depth, model, half_bright("0"), LEFT)
    assert network.looked == 71


@pytest.mark.parametrize("region", [Box(199.5, 99.5, 200, 100), Box(0, 0, 0.01, 0.01), Box(0, 50, 200, 50.1)])
def test_the_smallest_regions_have_a_depth(processor, region):
    [answer] = ask(Depth(metric=False), Loaded(SeesBrightness(), processor), half_bright(), region)
    assert np.isfinite(answer.value)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_depth_that_is_no_number_is_a_failure(processor, value):
    network = SeesBrightness(lambda depth: torch.full_like(depth, value))
    [answer] = ask(Depth(metric=False), Loaded(network, processor), half_bright(), LEFT)
    assert isinstance(answer, ToolFailure)


floats = st.floats(-1, 1e4, width=32)


@given(arrays(np.float32, (4, 5), elements=floats))
def test_distances_are_finite_and_in_the_opposite_order(inverse):
    found = distance(inverse)
    assert np.isfinite(found).all()
    assert (found > 0).all()
    order = np.argsort(inverse, axis=None)
    assert (np.diff(found.reshape(-1)[order]) <= 0).all()


def test_the_configuration_tells_metric_from_relative():
    assert not is_metric(AutoConfig.for_model("dpt"))
    assert not is_metric(AutoConfig.for_model("depth_anything"))
    assert is_metric(AutoConfig.for_model("depth_anything", depth_estimation_type="metric"))
