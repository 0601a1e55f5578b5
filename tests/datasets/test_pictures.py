import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from vpd.datasets.pictures import prepare_picture
from vpd.errors import BadRowError

Encode = Callable[..., bytes]
COLOR = np.random.default_rng(1).integers(0, 255, (5, 7, 3), dtype=np.uint8)


def decoded(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_plain_file_is_kept_byte_for_byte(encoded: Encode, form: str) -> None:
    data = encoded(COLOR, form)
    kept = prepare_picture(data)
    assert kept.data == data
    assert (kept.width, kept.height, kept.media_type) == (7, 5, f"image/{form.lower()}")


@pytest.mark.parametrize("form", ["BMP", "TIFF", "GIF", "WEBP", "PPM"])
def test_other_format_becomes_png(encoded: Encode, form: str) -> None:
    kept = prepare_picture(encoded(COLOR, form))
    assert (kept.media_type, decoded(kept.data).mode, decoded(kept.data).size) == ("image/png", "RGB", (7, 5))


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGBA", "LA", "CMYK", "I;16"])
def test_other_mode_becomes_rgb_png(encoded: Encode, mode: str) -> None:
    image = Image.fromarray(COLOR)
    image = Image.fromarray(np.full((5, 7), 40_000, np.uint16)) if mode == "I;16" else image.convert(mode)
    kept = prepare_picture(encoded(image, "JPEG" if mode == "CMYK" else "PNG"))
    assert (kept.media_type, decoded(kept.data).mode) == ("image/png", "RGB")
    if mode == "I;16":
        assert decoded(kept.data).getpixel((0, 0)) == (156, 156, 156)


def test_transparent_parts_show_white(encoded: Encode) -> None:
    kept = prepare_picture(encoded(Image.new("RGBA", (4, 4), (9, 9, 9, 0))))
    assert decoded(kept.data).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
@pytest.mark.parametrize("orientation", range(2, 9))
def test_orientation_is_applied_once(encoded: Encode, form: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    kept = prepare_picture(encoded(COLOR, form, exif=exif))
    assert (kept.width, kept.height) == ((5, 7) if orientation >= 5 else (7, 5))
    assert 0x0112 not in decoded(kept.data).getexif()
    assert prepare_picture(kept.data) == kept


def test_animation_becomes_its_first_frame(encoded: Encode) -> None:
    frames = [Image.new("RGB", (4, 4), color) for color in ("red", "blue")]
    kept = prepare_picture(encoded(frames[0], save_all=True, append_images=frames[1:]))
    assert getattr(decoded(kept.data), "n_frames", 1) == 1
    assert decoded(kept.data).getpixel((0, 0)) == (255, 0, 0)


@pytest.mark.parametrize("side", [7_100, 9_600, 20_000])
def test_decompression_bomb_is_refused(encoded: Encode, side: int) -> None:
    with pytest.raises(BadRowError) as caught:
        prepare_picture(encoded(Image.new("1", (side, side))))
    assert caught.value.reason == "too_large"


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_truncated_file_is_refused(encoded: Encode, form: str) -> None:
    data = encoded(np.random.default_rng(2).integers(0, 255, (64, 64, 3)), form)
    for end in (40, len(data) // 2, len(data) - 30):
        with pytest.raises(BadRowError) as caught:
            prepare_picture(data[:end])
        assert caught.value.reason in ("broken_picture", "not_a_picture")


@pytest.mark.parametrize("data", [b"", b"text", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"])
def test_other_file_is_not_a_picture(data: bytes) -> None:
    with pytest.raises(BadRowError) as caught:
        prepare_picture(data)
    assert caught.value.reason == "not_a_picture"
