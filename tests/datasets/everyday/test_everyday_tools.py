"""The exact tools see what a scene holds and refuse what the tools for photographs refuse."""

import subprocess
import sys

import pytest

from vpd.datasets.everyday.tools import blank_picture, everyday_toolset
from vpd.datasets.everyday.world import HEIGHT, WIDTH, EverydayScene, Thing
from vpd.errors import ToolError
from vpd.geometry import Box
from vpd.tools.protocol import ToolFailure, ToolRequest
from vpd.tools.toolset import PHOTOS

COUCH = Thing("couch", Box(50, 250, 250, 350), "blue")
DOG = Thing("dog", Box(100, 220, 170, 320), "brown")
CAT = Thing("cat", Box(400, 300, 460, 340), "black")
BUS = Thing("bus", Box(380, 40, 580, 140), "red", "12 Airport")
SIGN = Thing("stop sign", Box(20, 20, 80, 80), "red", "STOP")
LEMON = Thing("lemon", Box(300, 400, 330, 430), "yellow")
SCENE = EverydayScene("s", (COUCH, DOG, CAT, BUS, SIGN, LEMON))
WHOLE = Box(0, 0, WIDTH, HEIGHT)
TOOLS = everyday_toolset({"s": SCENE})


def ask(method, *args, region=WHOLE):
    [result] = TOOLS.tools[method].run([ToolRequest(blank_picture("s"), region, args)])
    return result.kind if isinstance(result, ToolFailure) else result.value


def found(name, region=WHOLE):
    return [detection.box for detection in ask("find", name, region=region)]


def test_tools_have_the_methods_of_the_photo_tools():
    assert TOOLS.tools.keys() == PHOTOS.methods.keys()


def test_tools_load_no_model_runtime():
    check = "import sys, vpd.datasets.everyday.tools; sys.exit('onnxruntime' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


@pytest.mark.parametrize(
    ("name", "boxes"),
    [("dog", [DOG.box]), ("brown dog", [DOG.box]), ("red dog", []), ("buses", [BUS.box]), ("sheep", [])],
)
def test_find_gives_things_of_a_name_and_colour(name, boxes):
    assert found(name) == boxes


def test_find_gives_any_thing_from_left_to_right():
    assert found("object") == [t.box for t in (SIGN, COUCH, DOG, LEMON, BUS, CAT)]


@pytest.mark.parametrize("name", ["animal", "lemon", "man", "shiny car", "tree"])
def test_find_refuses_names_outside_the_detectors(name):
    assert ask("find", name) == "vocabulary"


def test_find_in_a_region_gives_the_part_inside():
    assert found("dog", COUCH.box) == [Box(100, 250, 170, 320)]
    assert found("cat", COUCH.box) == []


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("dog", True),
        ("animal", True),
        ("fruit", True),
        ("lemon", True),
        ("vegetable", False),
        ("zebra", False),
    ],
)
def test_exists_knows_kinds_and_the_classifiers_names(name, there):
    assert ask("exists", name) is there


@pytest.mark.parametrize(
    ("region", "args", "holds"),
    [
        (DOG.box, ("dog", "brown"), True),
        (DOG.box, ("dog", "black"), False),
        (WHOLE, ("cat", "black"), True),
        (DOG.box, ("dog", "animal"), True),
        (DOG.box, ("cat", "black"), False),
        (DOG.box, ("dog", "sleepy"), "vocabulary"),
    ],
)
def test_verify_property_tells_colours_and_kinds(region, args, holds):
    assert ask("verify_property", *args, region=region) == holds


@pytest.mark.parametrize(
    ("region", "question", "answer"),
    [
        (DOG.box, "What color is it?", "brown"),
        (DOG.box, "What animal is this?", "dog"),
        (COUCH.box, "What animal is this?", "dog"),
        (COUCH.box, "What is this?", "couch"),
        (WHOLE, "What color is the cat?", "black"),
        (WHOLE, "What color is the lemon?", "yellow"),
        (WHOLE, "Which vehicle is this?", "bus"),
        (WHOLE, "How many dogs are there?", "1"),
        (WHOLE, "Is there a squirrel?", "no"),
        (CAT.box, "Is it black?", "yes"),
        (CAT.box, "Is it a dog?", "no"),
        (WHOLE, "Is the bus red?", "yes"),
        (WHOLE, "Is the bus blue or red?", "red"),
        (BUS.box, "What does it say?", "12 Airport"),
        (WHOLE, "What color is the zebra?", "argument"),
        (WHOLE, "Why is the dog here?", "argument"),
        (WHOLE, "What color is the man?", "vocabulary"),
    ],
)
def test_simple_query_answers_what_the_photo_tools_understand(region, question, answer):
    assert ask("simple_query", question, region=region) == answer


@pytest.mark.parametrize(
    ("region", "options", "answer"),
    [
        (DOG.box, ("black", "brown"), "brown"),
        (DOG.box, ("cat", "dog"), "dog"),
        (WHOLE, ("zebra", "cat"), "cat"),
        (DOG.box, ("black", "pink"), "argument"),
        (WHOLE, ("zebra", "giraffe"), "argument"),
    ],
)
def test_best_text_match_picks_what_is_there(region, options, answer):
    assert ask("best_text_match", options, region=region) == answer


def test_read_text_reads_from_the_top_and_nothing_where_nothing_is_written():
    assert ask("read_text") == "STOP 12 Airport"
    assert ask("read_text", region=DOG.box) == ""


def test_llm_query_needs_no_picture():
    assert ask("llm_query", "What does a cow eat?", region=DOG.box) == "grass"


def test_tools_refuse_a_picture_without_a_scene():
    with pytest.raises(ToolError):
        TOOLS.tools["exists"].run([ToolRequest(blank_picture("other"), WHOLE, ("dog",))])
