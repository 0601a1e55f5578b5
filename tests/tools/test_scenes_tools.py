"""The OpenCV tools: what they see, what they say, and that pixels are all they need."""

import ast
import inspect
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import vpd.tools.opencv
from vpd.errors import ConfigError
from vpd.geometry import Box
from vpd.tools.methods import IMAGE_PATCH
from vpd.tools.opencv.observer import PixelObserver
from vpd.tools.protocol import Picture, ToolFailure, ToolRequest, ToolResult
from vpd.tools.scene_methods import Remembering
from vpd.tools.toolset import SCENES, open_toolset


def _value(answer):
    return answer.value if isinstance(answer, ToolResult) else None


def test_open_toolset_serves_every_method(scenes_tools):
    assert set(scenes_tools.tools) == set(SCENES.methods)
    assert set(scenes_tools.tools) < set(scenes_tools.methods) == set(IMAGE_PATCH)
    assert PixelObserver.version in scenes_tools.version


def test_open_toolset_of_an_unknown_name_raises():
    with pytest.raises(ConfigError, match="scenes"):
        open_toolset("telescope")


@pytest.mark.parametrize(("level", "least"), [("easy", 0.95), ("full", 0.85)])
def test_find_by_colour_and_shape_is_mostly_right(cases, scenes_tools, ask, level, least):
    right = wrong = missed = 0
    for scene, picture in cases[level]:
        for name in sorted({f"{o.color} {o.shape}" for o in scene.objects}):
            named = [o.box for o in scene.objects if f"{o.color} {o.shape}" == name]
            found = [d.box for d in ask(scenes_tools, "find", picture, name).value]
            hits = sum(any(box.iou(f) >= 0.5 for f in found) for box in named)
            right, missed, wrong = right + hits, missed + len(named) - hits, wrong + len(found) - hits
    assert 2 * right / (2 * right + wrong + missed) >= least


@pytest.mark.parametrize("level", ["easy", "full"])
def test_answers_about_patches_are_mostly_right(cases, scenes_tools, ask, level):
    right = []
    for scene, picture in cases[level]:
        for o in scene.objects:
            color = ask(scenes_tools, "simple_query", picture, "What color is it?", region=o.box)
            size = ask(scenes_tools, "simple_query", picture, "What size is it?", region=o.box)
            depth = ask(scenes_tools, "compute_depth", picture, region=o.box)
            right += [_value(color) == o.color, _value(size) == o.size, abs(depth.value - o.depth) < 0.4]
    assert np.mean(right) > 0.93


def test_materials_of_full_scenes_are_mostly_right(cases, scenes_tools, ask):
    right = [
        ask(scenes_tools, "verify_property", picture, "object", o.material, region=o.box).value
        for scene, picture in cases["full"]
        for o in scene.objects
        if o.visible > 0.7
    ]
    assert np.mean(right) > 0.9


def test_region_holds_only_objects_with_their_centre_in_it(cases, scenes_tools, ask):
    for _, picture in cases["full"]:
        everything = ask(scenes_tools, "find", picture, "object").value
        half = picture.width / 2
        left = ask(scenes_tools, "find", picture, "object", region=Box(0, 0, half, picture.height)).value
        right = Box(half, 0, picture.width, picture.height)
        others = ask(scenes_tools, "find", picture, "object", region=right).value
        assert set(left) | set(others) == set(everything)
        assert all(d.box.center[0] <= half for d in left)
        assert all(d.box.center[0] >= half for d in others)


def test_empty_region_has_nothing_and_says_so(cases, scenes_tools, ask):
    _, picture = cases["easy"][0]
    corner = Box(0, 0, 2, 2)
    assert ask(scenes_tools, "find", picture, "object", region=corner).value == ()
    assert ask(scenes_tools, "exists", picture, "object", region=corner).value is False
    assert ask(scenes_tools, "verify_property", picture, "object", "red", region=corner).value is False
    assert ask(scenes_tools, "simple_query", picture, "What color is it?", region=corner).kind == "argument"
    assert ask(scenes_tools, "best_text_match", picture, ("red", "blue"), region=corner).kind == "argument"
    assert ask(scenes_tools, "compute_depth", picture, region=corner).value > 0


@pytest.mark.parametrize(
    ("method", "args", "kind"),
    [
        ("find", ("dog",), "vocabulary"),
        ("exists", ("red dog",), "vocabulary"),
        ("verify_property", ("object", "wooden"), "vocabulary"),
        ("best_text_match", (("dog", "cat"),), "vocabulary"),
        ("simple_query", ("How many dogs are there?",), "vocabulary"),
        ("simple_query", ("Why is it here?",), "argument"),
    ],
)
def test_what_tools_do_not_know_is_a_typed_failure(cases, scenes_tools, ask, method, args, kind):
    failure = ask(scenes_tools, method, cases["easy"][0][1], *args)
    assert isinstance(failure, ToolFailure)
    assert failure.kind == kind


def test_batch_gives_what_single_requests_give(cases, scenes_tools):
    pictures = [picture for level in cases.values() for _, picture in level[:5]]
    requests = [
        ToolRequest(p, Box(0, 0, p.width, p.height), (name,))
        for p in pictures
        for name in ("object", "red cube", "dog", "large objects")
    ]
    fresh = open_toolset("scenes").tools["find"]
    assert fresh.run(requests) == [scenes_tools.tools["find"].run([r])[0] for r in requests]


def test_methods_of_one_tool_set_look_at_a_picture_once(cases):
    looked = []

    class Counting(PixelObserver):
        def look(self, picture):
            looked.append(picture.image_id)
            return super().look(picture)

    observer = Remembering(Counting(), pictures=2)
    a, b, c = (picture for _, picture in cases["easy"][:3])
    for picture in (a, a, b, a, c, a, b):
        observer.look(picture)
    assert looked == [x.image_id for x in (a, b, c, b)]


def test_answers_depend_on_pixels_only(cases):
    """The same pixels under another name are seen the same; no tool module reads scenes."""
    _, picture = cases["full"][0]
    observer = PixelObserver()
    assert observer.look(picture) == observer.look(Picture("other", picture.pixels.copy()))
    for file in Path(inspect.getfile(vpd.tools.opencv)).parent.glob("*.py"):
        imported = {
            f"{node.module}.{name.name}"
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.ImportFrom)
            for name in node.names
        }
        assert not {i for i in imported if i.endswith((".Scene", ".SceneObject")) or ".generate" in i}


def test_results_are_plain_values(cases, scenes_tools, ask):
    for _, picture in cases["full"][:5]:
        for detection in ask(scenes_tools, "find", picture, "object").value:
            assert type(detection.confidence) is float
            assert 0 <= detection.confidence <= 1
            edges = (detection.box.left, detection.box.top, detection.box.right, detection.box.bottom)
            assert all(type(v) in (int, float) for v in edges)
        assert type(ask(scenes_tools, "compute_depth", picture).value) is float


def test_enlarged_picture_is_seen_the_same_in_larger_boxes(cases):
    _, picture = cases["full"][1]
    twice = Picture("twice", cv2.resize(picture.pixels, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))
    plain, large = (sorted(s.box.left for s in PixelObserver().look(p)) for p in (picture, twice))
    assert large == pytest.approx([2 * v for v in plain], abs=6)


@given(arrays(np.uint8, st.tuples(st.integers(1, 60), st.integers(1, 60), st.just(3))))
@settings(max_examples=8)
def test_any_picture_is_looked_at_without_failing(pixels):
    picture = Picture("any", pixels)
    tools = open_toolset("scenes")
    region = Box(0, 0, picture.width, picture.height)
    (found,) = tools.tools["find"].run([ToolRequest(picture, region, ("object",))])
    (depth,) = tools.tools["compute_depth"].run([ToolRequest(picture, region, ())])
    assert isinstance(found, ToolResult)
    assert isinstance(depth, ToolResult)


@pytest.mark.parametrize("size", [(1000, 40), (96, 96), (240, 320)])
def test_noise_and_flat_pictures_are_looked_at_without_failing(size):
    rng = np.random.default_rng(0)
    for pixels in (rng.integers(0, 256, (*size, 3)), np.zeros((*size, 3)), np.full((*size, 3), 255)):
        PixelObserver().look(Picture("noise", pixels.astype(np.uint8)))
