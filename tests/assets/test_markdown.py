import base64
import io
import re

from PIL import Image

from vpd.geometry import Box
from vpd.inspect.drawing import Mark
from vpd_assets.markdown import markdown_table, thumbnail


def picture(size: tuple[int, int]) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "white").save(buffer, "PNG")
    return buffer.getvalue()


def decode(markdown: str) -> Image.Image:
    data = re.search(r"base64,([^)]*)\)", markdown).group(1)
    return Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")


def test_markdown_table_of_uneven_rows_has_a_column_for_every_key():
    lines = markdown_table([{"a": 1, "b": 0.51234}, {"c": "x"}]).splitlines()
    assert [line.count("|") for line in lines] == [4, 4, 4, 4]
    assert "0.512" in lines[2]


def test_markdown_table_of_hostile_text_stays_one_row():
    lines = markdown_table([{"text": "a|b\nc"}]).splitlines()
    assert len(lines) == 3
    assert "a\\|b<br>c" in lines[2]


def test_thumbnail_of_a_large_picture_is_small_and_keeps_its_shape():
    shown = thumbnail(picture((640, 320)))
    assert decode(shown).size == (96, 48)
    assert len(shown) < 5_000


def test_thumbnail_with_a_box_draws_it_at_the_scaled_place():
    mark = Mark(1, "cube", Box(40, 40, 160, 160), 0, (2,))
    shown = decode(thumbnail(picture((192, 192)), [mark]))
    red, green, _ = shown.getpixel((20, 50))
    assert green < 150
    assert red > green + 30
    assert min(shown.getpixel((50, 50))) > 200
