"""The real reader of text, on printed pages and on photographs without text."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage

from vpd.errors import ConfigError
from vpd.geometry import Box
from vpd.tools.photos.reader import READER_FILES, PaddleReader
from vpd.tools.protocol import Picture

PHOTOS = Path(skimage.__file__).parent / "data"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return {task: file.find(tmp_path_factory.mktemp("none")) for task, file in READER_FILES.items()}


@pytest.fixture(scope="module")
def reader(files):
    return PaddleReader(files)


def written(*lines, height=200, width=260):
    """Return a picture with these lines of text at (x, y)."""
    pixels = np.full((height, width, 3), 245, np.uint8)
    for text, x, y in lines:
        cv2.putText(pixels, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 1, (30, 30, 90), 2, cv2.LINE_AA)
    return Picture("written", pixels)


def texts(reader, picture, region=None):
    return [line.text for line in reader.look(picture, region or Box(0, 0, picture.width, picture.height))]


def test_lines_are_read_top_to_bottom_and_left_to_right(reader):
    picture = written(("SEA", 160, 50), ("BLUE", 10, 50), ("second line", 10, 150))
    assert texts(reader, picture) == ["BLUE", "SEA", "second line"]


def test_region_limits_what_is_read(reader):
    picture = written(("STOP", 20, 40), ("HERE", 20, 150))
    assert texts(reader, picture, Box(0, 100, 260, 200)) == ["HERE"]


def test_printed_page_is_read_line_by_line(reader):
    pixels = np.asarray(cv2.imread(str(PHOTOS / "page.png"), cv2.IMREAD_COLOR_RGB))
    lines = reader.look(Picture("page", pixels), Box(0, 0, pixels.shape[1], pixels.shape[0]))
    assert [line.text for line in lines][:2] == [
        "Region-based segmentation",
        "Let us first determine markers of the coins and the",
    ]
    assert all(0.75 <= line.confidence <= 1 for line in lines)


@pytest.mark.parametrize("file", ["chelsea.png", "coins.png"])
def test_photograph_without_text_reads_as_nothing(reader, file):
    pixels = np.asarray(cv2.imread(str(PHOTOS / file), cv2.IMREAD_COLOR_RGB))
    assert texts(reader, Picture(file, pixels)) == []


@pytest.mark.parametrize("size", [(1, 1), (50, 20000), (2, 3)])
def test_picture_of_an_odd_size_reads_as_nothing(reader, size):
    picture = Picture("odd", np.full((*size, 3), 128, np.uint8))
    assert texts(reader, picture) == []
    for nothing in (Box(0, 0, 0, 0), Box(30_000, 0, 30_001, 9)):
        assert reader.look(picture, nothing) == ()


def test_threads_read_the_same_as_one(reader):
    pictures = [written((text, 20, 90)) for text in ("ONE", "TWO", "THREE")]
    alone = [texts(reader, picture) for picture in pictures]
    with ThreadPoolExecutor(3) as threads:
        assert list(threads.map(lambda picture: texts(reader, picture), pictures)) == alone
    assert alone == [["ONE"], ["TWO"], ["THREE"]]


def test_reader_says_nothing_on_the_terminal(files, capfd):
    texts(PaddleReader(files), written(height=40, width=40))
    assert capfd.readouterr() == ("", "")


def test_reader_without_its_library_names_the_extra(files, monkeypatch):
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    with pytest.raises(ConfigError, match=r"vpd\[photos\]"):
        PaddleReader(files)


def test_reader_leaves_opencv_without_windows():
    """The library asks for the headless OpenCV, so no second one is put over it."""
    assert "GUI:                           NONE" in cv2.getBuildInformation()
