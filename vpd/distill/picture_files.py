"""Opening a picture file for training, of a size that memory is meant for."""

import warnings
from io import BytesIO

from PIL import Image

from vpd.errors import DataError

MAX_PIXELS = 50_000_000
"""Most pixels that are decoded: 150 MB as RGB, and once more while a processor resizes it."""


def open_image(file: bytes) -> Image.Image:
    """Decode a picture file to RGB.

    Raises DataError if it has more than MAX_PIXELS, which its header tells before anything is decoded, or is
    no picture.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # ours is the stricter limit
            picture = Image.open(BytesIO(file))
        width, height = picture.size
        if width * height > MAX_PIXELS:
            raise DataError(
                f"a picture of {width} x {height} is over the limit of {MAX_PIXELS} pixels: "
                "make it smaller before it is ingested"
            )
        return picture.convert("RGB")
    except (OSError, Image.DecompressionBombError) as error:
        raise DataError(f"a picture cannot be opened ({error}): ingest it again") from error
