"""Opening pictures: the limit holds before anything is decoded."""

import io

import pytest
from PIL import Image

from tests.distill.families import build
from tests.pictures import png_header
from vpd.datasets.pictures import MAX_PIXELS
from vpd.distill.collate import Collator
from vpd.distill.data import TextExample, TrainingQuestion
from vpd.distill.picture_files import open_image
from vpd.errors import DataError


@pytest.mark.parametrize("size", [(50_001, 1000), (100_000, 1000), (100_000, 100_000)])
def test_open_image_over_the_limit_names_it_and_tells_size_and_limit(size: tuple[int, int]) -> None:
    width, height = size
    with pytest.raises(DataError, match=rf"^image 3fa .*{MAX_PIXELS}.*({width * height}|{width} x {height})"):
        open_image(png_header(width, height), "image 3fa")


def test_batch_with_a_picture_over_the_limit_names_its_image() -> None:
    example = TextExample("Color?", "red")
    question = TrainingQuestion("q1", "3fa", png_header(100_000, 100_000), example, example)
    with pytest.raises(DataError, match="image 3fa"):
        Collator(build("llava").processor)([question])


@pytest.mark.parametrize("file", [b"no picture", png_header(10, 10), b"%!PS-Adobe-3.0 EPSF-3.0\n"])
def test_open_image_that_is_none_names_it(file: bytes) -> None:
    with pytest.raises(DataError, match="image 3fa is no picture"):
        open_image(file, "image 3fa")


def test_open_image_with_transparency_is_rgb() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (3, 2), (255, 0, 0, 255)).save(file, "PNG")
    picture = open_image(file.getvalue(), "image 3fa")
    assert (picture.mode, picture.size, picture.getpixel((0, 0))) == ("RGB", (3, 2), (255, 0, 0))
