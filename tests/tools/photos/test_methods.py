"""The methods for photographs, on a made-up picture and what made-up models see in it."""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from vpd.geometry import Box
from vpd.tools.coco import NAMES
from vpd.tools.photos.imagenet import LABELS
from vpd.tools.photos.methods import photo_tools
from vpd.tools.photos.seeing import Eyes, Line, Seen, remembering
from vpd.tools.protocol import Picture, ToolFailure, ToolRequest, ToolResult
from vpd.tools.toolset import PHOTOS

WHOLE = Box(0, 0, 100, 100)
RED_CAR, BLUE_CAR = Box(60, 10, 90, 40), Box(10, 10, 40, 40)
DOG, SQUIRREL = Box(10, 60, 40, 90), Box(60, 60, 90, 90)
EMPTY = Box(45, 45, 55, 55)


class MadeUp:
    """A model that sees what a function says, and remembers where it looked."""

    memory_bytes = 10

    def __init__(self, version, see):
        self.version, self._see, self.looked = version, see, []

    def look(self, picture, region):
        self.looked.append((picture.image_id, region))
        return self._see(region)


def detections(region):
    """Return two cars and a dog that is taken for a cat, too, where the region holds most of them."""
    seen = (
        Seen("car", RED_CAR, 0.9),
        Seen("dog", DOG, 0.8),
        Seen("car", BLUE_CAR, 0.7),
        Seen("cat", Box(11, 61, 40, 90), 0.5),
    )
    return tuple(s for s in seen if region.overlap(s.box) > s.box.area / 2)


def shares(names: Mapping[str, float]):
    """Return probabilities with these for classes by their first name, the rest spread over all."""
    found = np.full(len(LABELS), (1 - sum(names.values())) / len(LABELS), np.float32)
    for name, share in names.items():
        found[next(n for n, label in enumerate(LABELS) if label.names[0] == name)] += share
    return found


SHOWN = {
    SQUIRREL: {"fox squirrel": 0.7, "marmot": 0.05},
    DOG: {"beagle": 0.5, "basset": 0.3},
    RED_CAR: {"sports car": 0.45, "convertible": 0.2},
    BLUE_CAR: {"beach wagon": 0.2, "minivan": 0.2},
    WHOLE: {"basset": 0.05},
}


def probabilities(region):
    return shares(SHOWN.get(region, {}))


def lines(region):
    return (Line("STOP", 0.99), Line("here", 0.9)) if region.overlap(BLUE_CAR) else ()


@pytest.fixture
def picture():
    pixels = np.full((100, 100, 3), 255, np.uint8)
    for box, color in (
        (RED_CAR, (200, 20, 20)),
        (BLUE_CAR, (20, 40, 200)),
        (DOG, (120, 60, 20)),
        (SQUIRREL, (200, 20, 20)),
    ):
        pixels[int(box.top) : int(box.bottom), int(box.left) : int(box.right)] = color
    return Picture("cars", pixels)


@pytest.fixture
def eyes():
    return Eyes(MadeUp("seer", detections), MadeUp("namer", probabilities), MadeUp("reader", lines))


@pytest.fixture
def tools(eyes):
    return photo_tools(eyes, threads=2)


@pytest.fixture
def answer(tools, picture):
    """Ask one request; the value, or the kind of the failure."""

    def asked(method, *args, region=WHOLE):
        (result,) = tools[method].run([ToolRequest(picture, region, args)])
        return result.kind if isinstance(result, ToolFailure) else result.value

    return asked


def test_photo_tools_answer_what_the_tool_set_offers_without_a_language_model(tools):
    assert set(tools) == set(PHOTOS.methods) - {"llm_query"}
    assert "compute_depth" not in tools


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


OUTSIDE = [
    "man",
    "red wheelbarrow man",
    "",
    "   ",
    "car with a dog",
    "la voiture",
    "犬",
    "собака",
    "🙂",
    "a" * 5000,
]


@pytest.mark.parametrize("name", OUTSIDE)
def test_name_outside_the_vocabulary_is_no_empty_answer(answer, eyes, name):
    for method in ("find", "exists"):
        assert answer(method, name) == "vocabulary"
    assert answer("verify_property", "car", name) == "vocabulary"
    assert answer("best_text_match", ("car", name)) == "vocabulary"
    assert eyes.detector.looked == []


@pytest.mark.parametrize("name", ["squirrel", "animal", "beagle", "sports car"])
def test_find_knows_the_detectors_names_only(answer, name):
    assert answer("find", name) == "vocabulary"
    assert answer("simple_query", f"How many {name}s are there?") == "vocabulary"


def test_region_limits_what_is_seen(answer):
    assert [d.box for d in answer("find", "car", region=Box(50, 0, 100, 100))] == [RED_CAR]
    assert answer("exists", "dog", region=Box(0, 0, 100, 50)) is False


def test_object_that_is_missed_close_by_is_seen_in_its_own_patch(picture):
    """The dog is seen in the whole picture only; its patch, cut a little smaller, is its patch still."""
    far = MadeUp("far", lambda region: detections(region) if region == WHOLE else ())
    tools = photo_tools(Eyes(far, MadeUp("namer", probabilities), MadeUp("reader", lines)), threads=1)
    patch = Box(12, 62, 40, 90)
    requests = [ToolRequest(picture, patch, ("dog",)), ToolRequest(picture, EMPTY, ("dog",))]
    found, elsewhere = tools["find"].run(requests)
    assert [d.box for d in found.value] == [patch]
    assert elsewhere.value == ()


@pytest.mark.parametrize(
    ("name", "region", "value"),
    [
        ("squirrel", SQUIRREL, True),
        ("red squirrel", SQUIRREL, True),
        ("green squirrel", SQUIRREL, False),
        ("rodents", SQUIRREL, True),
        ("animal", SQUIRREL, True),
        ("animal", DOG, True),
        ("animal", RED_CAR, False),
        ("vehicle", SQUIRREL, False),
        ("beagle", DOG, True),
        ("basset", DOG, "argument"),  # 0.3: neither there nor not
        ("lemon", DOG, False),
        ("lemon", EMPTY, "argument"),  # the region is about nothing, so there may be small ones
    ],
)
def test_names_that_only_the_classifier_knows_are_told_of_a_region_that_is_about_something(
    answer, name, region, value
):
    assert answer("exists", name, region=region) == value


@pytest.mark.parametrize(
    ("method", "args", "region", "value"),
    [
        ("verify_property", ("car", "red"), RED_CAR, True),
        ("verify_property", ("car", "red"), BLUE_CAR, False),
        ("verify_property", ("dog", "red"), RED_CAR, False),
        ("verify_property", ("squirrel", "red"), SQUIRREL, True),
        ("verify_property", ("animal", "dog"), DOG, True),
        ("verify_property", ("car", "sports car"), RED_CAR, True),
        ("verify_property", ("dog", "sports car"), RED_CAR, False),
        ("verify_property", ("car", "wooden"), RED_CAR, "vocabulary"),
        ("simple_query", ("What color is it?",), BLUE_CAR, "blue"),
        ("simple_query", ("What colour is the dog?",), WHOLE, "brown"),
        ("simple_query", ("What is the color of the squirrel?",), SQUIRREL, "red"),
        ("simple_query", ("What color is the zebra?",), WHOLE, "argument"),
        ("simple_query", ("What is this?",), DOG, "dog"),
        ("simple_query", ("What is it?",), SQUIRREL, "squirrel"),
        ("simple_query", ("What is this?",), EMPTY, "argument"),
        ("simple_query", ("What kind of animal is this?",), DOG, "dog"),
        ("simple_query", ("What kind of animal is this?",), SQUIRREL, "squirrel"),
        ("simple_query", ("What kind of dog is it?",), DOG, "beagle"),
        ("simple_query", ("What kind of car is it?",), BLUE_CAR, "argument"),
        ("simple_query", ("What kind of fruit is this?",), DOG, "argument"),
        ("simple_query", ("What kind of weather is it?",), WHOLE, "vocabulary"),
        ("simple_query", ("How many cars are there?",), WHOLE, "2"),
        ("simple_query", ("How many objects are in the picture?",), WHOLE, "3"),
        ("simple_query", ("Is there a zebra?",), WHOLE, "no"),
        ("simple_query", ("Is it red?",), RED_CAR, "yes"),
        ("simple_query", ("Is it a dog?",), DOG, "yes"),
        ("simple_query", ("Is the car red?",), BLUE_CAR, "no"),
        ("simple_query", ("Is it red or blue?",), BLUE_CAR, "blue"),
        ("simple_query", ("Is it a dog or a squirrel?",), SQUIRREL, "a squirrel"),
        ("simple_query", ("Is the dog red or brown?",), WHOLE, "brown"),
        ("simple_query", ("What does it say?",), BLUE_CAR, "STOP here"),
        ("simple_query", ("What is written on the sign?",), DOG, ""),
        ("simple_query", ("Why is it here?",), DOG, "argument"),
        ("simple_query", ("",), DOG, "argument"),
        ("simple_query", ("What " * 2000,), DOG, "argument"),
        ("best_text_match", (("red", "blue"),), RED_CAR, "red"),
        ("best_text_match", (("dog", "car"),), WHOLE, "car"),
        ("best_text_match", (("squirrel", "dog"),), SQUIRREL, "squirrel"),
        ("best_text_match", (("fruit", "Vehicle"),), BLUE_CAR, "Vehicle"),
        ("best_text_match", (("red car", "blue car"),), BLUE_CAR, "blue car"),
        ("best_text_match", (("zebra", "lemon"),), WHOLE, "argument"),
        ("best_text_match", (("red", "happy"),), RED_CAR, "vocabulary"),
        ("best_text_match", ((),), RED_CAR, "argument"),
        ("read_text", (), BLUE_CAR, "STOP here"),
        ("read_text", (), DOG, ""),
    ],
)
def test_answers_about_a_patch(answer, method, args, region, value):
    assert answer(method, *args, region=region) == value


def test_person_goes_before_what_the_classifier_says_they_wear(picture):
    person = MadeUp("seer", lambda region: (Seen("person", region, 0.4),))
    suit = MadeUp("namer", lambda region: shares({"suit": 0.8}))
    tools = photo_tools(Eyes(person, suit, MadeUp("reader", lines)), threads=1)
    [what] = tools["simple_query"].run([ToolRequest(picture, DOG, ("What is it?",))])
    [wears] = tools["exists"].run([ToolRequest(picture, DOG, ("suit",))])
    assert (what, wears) == (ToolResult("person", 0.4), ToolResult(True, pytest.approx(0.8, abs=0.01)))


def test_text_is_as_sure_as_its_least_sure_line(tools, picture):
    [read] = tools["read_text"].run([ToolRequest(picture, BLUE_CAR, ())])
    assert read == ToolResult("STOP here", 0.9)


@pytest.mark.parametrize(
    "region", [Box(5, 5, 5, 5), Box(200, 200, 300, 300), Box(-9, -9, -1, -1), Box(9, 0, 3, 9)]
)
def test_region_without_area_or_outside_shows_nothing(answer, region):
    assert answer("find", "object", region=region) == ()
    assert answer("exists", "squirrel", region=region) == "argument"
    assert answer("simple_query", "What is it?", region=region) == "argument"
    assert answer("read_text", region=region) == ""
    assert isinstance(answer("simple_query", "What color is it?", region=region), str)


def test_cards_say_what_can_change_an_answer_and_only_that(tools, eyes):
    cards = {name: tool.card for name, tool in tools.items()}
    assert cards["find"].vocabulary == NAMES
    assert {"dog", "squirrel", "animal"} <= set(cards["exists"].vocabulary)
    assert "namer" not in cards["find"].version
    assert all(version in cards["simple_query"].version for version in ("seer", "namer", "reader"))
    assert [cards[name].memory_bytes for name in ("find", "exists", "simple_query")] == [10, 20, 30]
    assert [cards[name].kind for name in ("find", "verify_property", "simple_query", "read_text")] == [
        "detect", "match", "ask", "read",
    ]  # fmt: skip
    assert len({card.version for card in cards.values()}) == len(cards)


def test_one_region_asked_by_all_methods_is_looked_at_once(picture, eyes):
    tools = photo_tools(remembering(eyes), threads=2)
    for _ in range(2):
        for method, args in (
            ("find", ("car",)), ("exists", ("animal",)), ("verify_property", ("squirrel", "red")),
            ("best_text_match", (("dog", "squirrel"),)), ("simple_query", ("What is it?",)),
            ("read_text", ()),
        ):  # fmt: skip
            tools[method].run([ToolRequest(picture, region, args) for region in (DOG, SQUIRREL, DOG)])
    assert sorted(map(repr, eyes.detector.looked)) == sorted(
        repr(("cars", r)) for r in (DOG, SQUIRREL, WHOLE)
    )
    assert len(eyes.classifier.looked) == len(eyes.reader.looked) == 2


def test_answers_do_not_depend_on_batch_order_or_threads(tools, picture):
    requests = [
        ToolRequest(picture, region, (f"{word}",))
        for region in (WHOLE, DOG, SQUIRREL, RED_CAR, EMPTY)
        for word in ("dog", "squirrel", "man", "animal", "red car")
    ]
    alone = [tools["exists"].run([request])[0] for request in requests]
    assert tools["exists"].run(requests) == alone
    assert tools["exists"].run(requests[::-1]) == alone[::-1]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(tools["exists"].run, [requests] * 16)) == [alone] * 16


def test_regions_of_a_batch_are_looked_at_at_the_same_time(picture):
    both = threading.Barrier(2, timeout=20)

    def seen_together(region):
        both.wait()
        return ()

    eyes = Eyes(MadeUp("seer", seen_together), MadeUp("namer", probabilities), MadeUp("reader", lines))
    other = Picture("other", picture.pixels)
    requests = [ToolRequest(p, WHOLE, ("dog",)) for p in (picture, other)]
    assert [r.value for r in photo_tools(eyes, threads=2)["find"].run(requests)] == [(), ()]
