"""Opening a picture file for training and for trained models, of a size that memory is meant for."""

import warnings
from io import BytesIO

from PIL import Image

from vpd.datasets.pictures import FORMATS, MAX_PIXELS
from vpd.errors import DataError


def open_image(file: bytes, what: str) -> Image.Image:
    """Decode a picture file to RGB; `what` names it in errors, such as "image 3fa2...".

    Raises DataError if it has more than MAX_PIXELS (as RGB 150 MB, and once more while a processor resizes
    it), which its header tells before anything is decoded, or is no picture.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # ours is the stricter limit
            picture = Image.open(BytesIO(file), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise _too_large(what, str(error)) from error
    except Exception as error:  # decoders meet hostile bytes with errors of any type
        raise _unreadable(what, error) from error
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise _too_large(what, f"{width} x {height}")
    try:
        return picture.convert("RGB")
    except Exception as error:
        raise _unreadable(what, error) from error


def _too_large(what: str, size: str) -> DataError:
    return DataError(f"{what} is over the limit of {MAX_PIXELS} pixels ({size}): make it smaller")


def _unreadable(what: str, error: Exception) -> DataError:
    problem = str(error) or type(error).__name__
    return DataError(f"{what} is no picture that can be opened ({problem}): replace it by a PNG or JPEG file")
