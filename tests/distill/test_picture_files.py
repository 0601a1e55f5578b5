"""Opening pictures: the limit holds before anything is decoded."""

import io
import struct
import zlib

import pytest
from PIL import Image

from vpd.distill.picture_files import MAX_PIXELS, open_image
from vpd.errors import DataError


def header_of(width: int, height: int) -> bytes:
    """A PNG that announces a size and has no pixels, so that decoding it would fail in another way."""
    fields = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + fields
    begin = struct.pack(">I", len(fields)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    end = struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    return b"\x89PNG\r\n\x1a\n" + begin + end


@pytest.mark.parametrize("width", [50_001, 100_000, 1_000_000])
def test_open_image_over_the_limit_tells_size_and_limit(width: int) -> None:
    with pytest.raises(DataError, match=rf"{width * 1000}|{width} x 1000.*{MAX_PIXELS}"):
        open_image(header_of(width, 1000))


def test_open_image_that_is_none_is_a_data_error() -> None:
    with pytest.raises(DataError, match="cannot be opened"):
        open_image(b"no picture")


def test_open_image_with_transparency_is_rgb() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (3, 2), (255, 0, 0, 255)).save(file, "PNG")
    picture = open_image(file.getvalue())
    assert (picture.mode, picture.size, picture.getpixel((0, 0))) == ("RGB", (3, 2), (255, 0, 0))
