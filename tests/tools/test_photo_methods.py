"""The methods for photographs, on what a made-up detector sees."""

import numpy as np
import pytest

from vpd.execution.image_patch import TOOL_METHODS
from vpd.geometry import Box
from vpd.tools.coco import NAMES, known_name
from vpd.tools.colors import COLORS, color_name, color_shares
from vpd.tools.photo_methods import Remembering, Seen, parse_name, photo_tools
from vpd.tools.protocol import Picture, ToolFailure, ToolRequest

RED_CAR, BLUE_CAR, DOG = Box(60, 10, 90, 40), Box(10, 10, 40, 40), Box(10, 60, 40, 90)


class MadeUpDetector:
    """Sees two cars and a dog where their centres lie in the region; remembers where it looked."""

    version = "made-up"

    def __init__(self):
        self.looked = []

    def detect(self, picture, region):
        self.looked.append((picture.image_id, region))
        all_seen = (Seen("car", RED_CAR, 0.9), Seen("dog", DOG, 0.8), Seen("car", BLUE_CAR, 0.7))
        return tuple(s for s in all_seen if region.overlap(s.box) > s.box.area / 2)


@pytest.fixture
def picture():
    pixels = np.full((100, 100, 3), 255, np.uint8)
    for box, color in ((RED_CAR, (200, 20, 20)), (BLUE_CAR, (20, 40, 200)), (DOG, (120, 60, 20))):
        pixels[int(box.top) : int(box.bottom), int(box.left) : int(box.right)] = color
    return Picture("cars", pixels)


@pytest.fixture
def detector():
    return MadeUpDetector()


@pytest.fixture
def tools(detector):
    return photo_tools(detector, threads=2)


@pytest.fixture
def answer(tools, picture):
    def asked(method, *args, region=None):
        (result,) = tools[method].run([ToolRequest(picture, region or Box(0, 0, 100, 100), args)])
        return result.kind if isinstance(result, ToolFailure) else result.value

    return asked


def test_photo_tools_have_no_depth(tools):
    assert set(tools) == set(TOOL_METHODS) - {"compute_depth"}


@pytest.mark.parametrize(
    ("name", "boxes"),
    [
        ("car", [BLUE_CAR, RED_CAR]),
        ("Cars", [BLUE_CAR, RED_CAR]),
        ("the red car", [RED_CAR]),
        ("automobile", [BLUE_CAR, RED_CAR]),
        ("objects", [BLUE_CAR, DOG, RED_CAR]),
        ("blue object", [BLUE_CAR]),
        ("zebra", []),
        ("green dog", []),
    ],
)
def test_find_gives_the_named_objects_from_left_to_right(answer, name, boxes):
    assert [d.box for d in answer("find", name)] == boxes
    assert answer("exists", name) is bool(boxes)


@pytest.mark.parametrize("name", ["man", "red wheel", "", "carpet", "la voiture", "car with a dog"])
def test_name_outside_the_vocabulary_is_no_empty_answer(answer, detector, name):
    assert answer("find", name) == "vocabulary"
    assert answer("exists", name) == "vocabulary"
    assert detector.looked == []


def test_region_limits_what_is_seen(answer):
    assert [d.box for d in answer("find", "car", region=Box(50, 0, 100, 100))] == [RED_CAR]
    assert answer("exists", "dog", region=Box(0, 0, 100, 50)) is False


@pytest.mark.parametrize(
    ("method", "args", "region", "value"),
    [
        ("verify_property", ("car", "red"), RED_CAR, True),
        ("verify_property", ("car", "red"), BLUE_CAR, False),
        ("verify_property", ("dog", "red"), RED_CAR, False),
        ("verify_property", ("car", "wooden"), RED_CAR, "vocabulary"),
        ("simple_query", ("What color is it?",), BLUE_CAR, "blue"),
        ("simple_query", ("What colour is the dog?",), None, "brown"),
        ("simple_query", ("What is this?",), DOG, "dog"),
        ("simple_query", ("What is this?",), Box(45, 45, 55, 55), "argument"),
        ("simple_query", ("Why is it here?",), DOG, "argument"),
        ("best_text_match", (("red", "blue"),), RED_CAR, "red"),
        ("best_text_match", (("dog", "car"),), None, "car"),
        ("best_text_match", (("zebra", "cat"),), None, "argument"),
        ("best_text_match", (("red", "happy"),), RED_CAR, "vocabulary"),
        ("best_text_match", ((),), RED_CAR, "argument"),
    ],
)
def test_questions_about_a_patch(answer, method, args, region, value):
    assert answer(method, *args, region=region) == value


def test_one_region_asked_by_several_names_is_looked_at_once(picture, detector):
    tools = photo_tools(Remembering(detector, regions=2), threads=2)
    a, b, c = Box(0, 0, 100, 100), Box(0, 0, 50, 100), Box(50, 0, 100, 100)
    for regions in ([a, a, b], [a, b], [c], [a]):
        tools["find"].run([ToolRequest(picture, region, ("car",)) for region in regions])
        tools["exists"].run([ToolRequest(picture, region, ("dog",)) for region in regions])
    assert sorted(r.left for _, r in detector.looked[:2]) == [0, 0]
    assert [r for _, r in detector.looked[2:]] == [c, a]  # b made room for c, and a, the older, went too


def test_memo_tells_pictures_apart(detector, picture):
    memo = Remembering(detector)
    other = Picture("other", picture.pixels)
    for asked in (picture, other, picture):
        memo.detect(asked, RED_CAR)
    assert [image_id for image_id, _ in detector.looked] == ["cars", "other"]


def test_every_class_is_known_by_its_name_and_plural():
    assert len(set(NAMES)) == 80
    for name in NAMES:
        assert known_name(name) == name
    assert [known_name(w) for w in ("people", "buses", "benches", "couches", "knives")] == [
        "person", "bus", "bench", "couch", "knife",
    ]  # fmt: skip
    assert parse_name("an orange").noun == "orange"
    assert parse_name("an orange car").color == "orange"


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


@pytest.mark.parametrize("region", [Box(0, 0, 0.2, 0.2), Box(29.9, 19.9, 30, 20), Box(5, 5, 5, 5)])
def test_colour_shares_of_the_smallest_regions_add_up(region):
    picture = Picture("noise", np.random.default_rng(0).integers(0, 256, (20, 30, 3)).astype(np.uint8))
    shares = color_shares(picture, region)
    assert tuple(shares) == COLORS
    assert sum(shares.values()) == pytest.approx(1)
