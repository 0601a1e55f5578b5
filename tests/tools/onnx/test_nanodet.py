"""The real detector on real photographs; skipped where its file is not."""

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage

from vpd.errors import ModelFileError
from vpd.geometry import Box
from vpd.tools.onnx.model_file import OnnxFile
from vpd.tools.onnx.nanodet import NANODET, NanoDet
from vpd.tools.photo_methods import Remembering, photo_tools
from vpd.tools.protocol import Picture, ToolRequest
from vpd.tools.toolset import open_toolset

PHOTOS = Path(skimage.__file__).parent / "data"


def photo(name):
    pixels = cv2.imread(str(PHOTOS / name), cv2.IMREAD_COLOR_RGB)
    return Picture(name, np.asarray(pixels))


def whole(picture):
    return Box(0, 0, picture.width, picture.height)


@pytest.mark.parametrize(
    ("file", "name", "box"),
    [
        ("astronaut.png", "person", Box(15, 15, 365, 512)),
        ("camera.png", "person", Box(5, 70, 318, 512)),
        ("chelsea.png", "cat", Box(2, 2, 440, 298)),
        ("motorcycle_left.png", "motorcycle", Box(102, 68, 690, 455)),
        ("horse.png", "horse", Box(15, 5, 397, 315)),
    ],
)
def test_detect_sees_what_a_photograph_shows(nanodet, file, name, box):
    picture = photo(file)
    surest = nanodet.detect(picture, whole(picture))[0]
    assert surest.name == name
    assert surest.box.iou(box) > 0.9


def test_detect_in_a_region_gives_boxes_of_the_picture(nanodet):
    """The astronaut, in a larger picture and there in a region of her own, is found where she is."""
    picture = photo("astronaut.png")
    large = np.full((900, 1100, 3), 127, np.uint8)
    large[300:812, 500:1012] = picture.pixels
    alone = nanodet.detect(picture, whole(picture))
    moved = nanodet.detect(Picture("large", large), Box(500, 300, 1012, 812))
    assert [(s.name, s.confidence) for s in moved] == [(s.name, s.confidence) for s in alone]
    assert moved[0].box.left == pytest.approx(alone[0].box.left + 500)
    assert moved[0].box.bottom == pytest.approx(alone[0].box.bottom + 300)


def test_detect_on_several_threads_is_the_same(nanodet, model_folder):
    picture = photo("coins.png")
    assert NanoDet(model_folder / NANODET.name, threads=2).detect(picture, whole(picture)) == nanodet.detect(
        picture, whole(picture)
    )


@pytest.mark.parametrize("size", [(1, 1), (2, 900), (900, 2)])
def test_detect_on_pictures_of_odd_sizes_does_not_fail(nanodet, size):
    picture = Picture("odd", np.full((*size, 3), 200, np.uint8))
    for seen in nanodet.detect(picture, whole(picture)):
        assert seen.box.clamp(picture.width, picture.height) == seen.box
    assert nanodet.detect(picture, Box(0, 0, 0, 0)) == ()


def test_answers_do_not_depend_on_the_batch(nanodet):
    pictures = [photo(name) for name in ("astronaut.png", "chelsea.png", "coins.png")]
    requests = [
        ToolRequest(p, region, (name,))
        for p in pictures
        for region in (whole(p), Box(10, 20, 200, 180))
        for name in ("person", "object", "man")
    ]
    batched = photo_tools(Remembering(nanodet))["find"].run(requests)
    alone = photo_tools(nanodet)["find"]
    assert batched == [alone.run([request])[0] for request in requests]
    assert batched == photo_tools(Remembering(nanodet))["find"].run(requests[::-1])[::-1]


def test_photos_toolset_is_opened_by_name_from_the_model_folder(model_folder, monkeypatch):
    monkeypatch.setenv("VPD_MODEL_DIR", str(model_folder))
    tools = open_toolset("photos")
    assert NANODET.sha256[:12] in tools.version
    assert "compute_depth" not in tools.tools


def test_photos_toolset_without_its_file_says_where_to_put_it(tmp_path, monkeypatch):
    monkeypatch.setenv("VPD_MODEL_DIR", str(tmp_path))
    with pytest.raises(ModelFileError, match="VPD_MODEL_DIR") as raised:
        open_toolset("photos")
    assert str(tmp_path / NANODET.name) in str(raised.value)


def test_model_file_with_another_content_is_refused(tmp_path):
    right = OnnxFile("m.onnx", hashlib.sha256(b"right").hexdigest(), "here")
    (tmp_path / "m.onnx").write_bytes(b"wrong")
    with pytest.raises(ModelFileError, match=hashlib.sha256(b"wrong").hexdigest()):
        right.find(tmp_path)
    (tmp_path / "m.onnx").write_bytes(b"right")
    assert right.find(tmp_path) == tmp_path / "m.onnx"
