"""Tools from ground truth are exact."""

from itertools import combinations

import numpy as np
import pytest

from vpd.errors import ToolError
from vpd.tools.protocol import Picture, ToolFailure


def _all(cases):
    return [case for level in cases.values() for case in level]


def test_find_gives_exactly_the_objects_of_the_name_from_left_to_right(cases, oracle, ask):
    for scene, picture in _all(cases):
        for name in {"object", *(f"{o.size} {o.color} {o.shape}" for o in scene.objects)}:
            words = set(name.split()) - {"object"}
            named = [o.box for o in scene.objects if words <= {o.size, o.color, o.shape}]
            found = [d.box for d in ask(oracle, "find", picture, name).value]
            assert found == sorted(named, key=lambda b: b.left)


def test_patch_of_an_object_is_answered_about_that_object(cases, oracle, ask):
    for scene, picture in _all(cases):
        for o in scene.objects:
            assert ask(oracle, "simple_query", picture, "What color is it?", region=o.box).value == o.color
            assert ask(oracle, "verify_property", picture, o.shape, o.color, region=o.box).value is True
            assert ask(oracle, "verify_property", picture, "object", "cone", region=o.box).value is (
                o.shape == "cone"
            )
            options = ("sphere", "cube", "cylinder", "cone")
            assert ask(oracle, "best_text_match", picture, options, region=o.box).value == o.shape
            assert ask(oracle, "compute_depth", picture, region=o.box).value == o.depth


def test_compute_depth_orders_all_pairs(cases, oracle, ask):
    for scene, picture in _all(cases):
        for a, b in combinations(scene.objects, 2):
            near, far = (ask(oracle, "compute_depth", picture, region=o.box).value for o in (a, b))
            assert (near < far) == (a.depth < b.depth)


def test_picture_without_truth_raises(oracle, ask):
    with pytest.raises(ToolError, match="nowhere"):
        ask(oracle, "find", Picture("nowhere", np.zeros((96, 96, 3), np.uint8)), "cube")


def test_unknown_word_is_a_vocabulary_failure(cases, oracle, ask):
    _, picture = cases["easy"][0]
    assert isinstance(ask(oracle, "find", picture, "giraffe"), ToolFailure)
