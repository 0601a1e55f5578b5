"""Picture files made fit to store: decoded once, upright, 8-bit RGB, PNG or JPEG.

A file that is all that already is kept byte for byte; any other that decodes becomes a PNG. Transparent parts
show white. Not here: reading files (the sources) and storing them (`vpd.datasets.ingest`).
"""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from vpd.errors import BadRowError

MAX_PIXELS = 50_000_000
# Decoders Pillow has without a helper program; PostScript, for one, would start Ghostscript on the file.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
KEPT = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
}  # MPO: JPEG with a second picture behind
EXIF_ORIENTATION = 0x0112


@dataclass(frozen=True)
class PictureFile:
    """An upright 8-bit RGB picture as a PNG or JPEG file; width and height in pixels."""

    data: bytes
    media_type: str
    width: int
    height: int


def prepare_picture(data: bytes) -> PictureFile:
    """Check a picture file by decoding it, and convert it where it is not fit to store.

    Raises BadRowError (reason not_a_picture, too_large or broken_picture).
    """
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        if image.width * image.height > MAX_PIXELS:
            raise Image.DecompressionBombError
        image.verify()  # checksums; the image is spent afterwards
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        image.load()
        if _is_fit(image, data):
            return PictureFile(data, KEPT[str(image.format)], image.width, image.height)
        return _as_png(ImageOps.exif_transpose(image))
    except UnidentifiedImageError as error:
        problem = f"the file is not a picture in a format that can be read ({', '.join(FORMATS)}): convert it"
        raise BadRowError(problem, reason="not_a_picture") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        problem = f"the picture has more than {MAX_PIXELS // 1_000_000} million pixels: scale it down"
        raise BadRowError(problem, reason="too_large") from error
    except Exception as error:  # decoders meet hostile bytes with errors of any type
        problem = f"the picture does not decode ({error or type(error).__name__}): replace the file"
        raise BadRowError(problem, reason="broken_picture") from error


def _is_fit(image: Image.Image, data: bytes) -> bool:
    if image.format not in KEPT or image.mode != "RGB" or image.has_transparency_data:
        return False
    if image.format == "PNG" and (data[24] == 16 or getattr(image, "is_animated", False)):  # bits per sample
        return False
    return bool(image.getexif().get(EXIF_ORIENTATION, 1) == 1)


def _as_png(image: Image.Image) -> PictureFile:
    if image.mode.startswith("I"):  # 16 bits a sample; Pillow's own conversion would clip them at 255
        image = Image.fromarray((np.asarray(image) >> 8).clip(0, 255).astype(np.uint8))
    elif image.mode == "F":
        raise ValueError("samples are floating-point numbers")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    plain = Image.fromarray(np.asarray(image.convert("RGB")))  # pixels alone: no EXIF, no profile
    buffer = io.BytesIO()
    plain.save(buffer, "PNG")
    return PictureFile(buffer.getvalue(), "image/png", plain.width, plain.height)
