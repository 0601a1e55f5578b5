"""The real detector on real photographs; skipped where its file is not."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage

from vpd.errors import ConfigError, ModelFileError
from vpd.geometry import Box
from vpd.tools.onnx.nanodet import NANODET, NanoDet
from vpd.tools.protocol import Picture

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
def test_look_sees_what_a_photograph_shows(nanodet, file, name, box):
    picture = photo(file)
    surest = nanodet.look(picture, whole(picture))[0]
    assert surest.name == name
    assert surest.box.iou(box) > 0.9


def test_look_in_a_region_gives_boxes_of_the_picture(nanodet):
    """The astronaut, in a larger picture and there in a region of her own, is found where she is."""
    picture = photo("astronaut.png")
    large = np.full((900, 1100, 3), 127, np.uint8)
    large[300:812, 500:1012] = picture.pixels
    alone = nanodet.look(picture, whole(picture))
    moved = nanodet.look(Picture("large", large), Box(500, 300, 1012, 812))
    assert [(s.name, s.confidence) for s in moved] == [(s.name, s.confidence) for s in alone]
    assert moved[0].box.left == pytest.approx(alone[0].box.left + 500)
    assert moved[0].box.bottom == pytest.approx(alone[0].box.bottom + 300)


def test_look_on_several_threads_is_the_same(nanodet, nanodet_file):
    picture = photo("coins.png")
    assert NanoDet(nanodet_file, threads=2).look(picture, whole(picture)) == nanodet.look(
        picture, whole(picture)
    )


@pytest.mark.parametrize("size", [(1, 1), (2, 900), (900, 2), (50, 20000)])
def test_look_on_pictures_of_odd_sizes_does_not_fail(nanodet, size):
    picture = Picture("odd", np.full((*size, 3), 200, np.uint8))
    for seen in nanodet.look(picture, whole(picture)):
        assert seen.box.clamp(picture.width, picture.height) == seen.box
    for nothing in (Box(0, 0, 0, 0), Box(5, 1, 5, 90), Box(30_000, 0, 30_100, 50), Box(-9, -9, -1, -1)):
        assert nanodet.look(picture, nothing) == ()


@pytest.mark.parametrize("data", [b"", b"no model at all"])
def test_file_that_is_no_model_is_an_error_that_names_it(tmp_path, data):
    (tmp_path / "m.onnx").write_bytes(data)
    with pytest.raises(ModelFileError, match=r"m\.onnx"):
        NanoDet(tmp_path / "m.onnx")


def test_truncated_model_file_is_refused_before_it_is_loaded(nanodet_file, tmp_path):
    (tmp_path / NANODET.name).write_bytes(nanodet_file.read_bytes()[:-1000])
    with pytest.raises(ModelFileError, match=NANODET.sha256):
        NANODET.find(tmp_path)


def test_detector_without_onnx_runtime_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ConfigError, match=r"vpd\[photos\]"):
        NanoDet(tmp_path / "m.onnx")
