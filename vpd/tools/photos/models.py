"""The models that the tools for photographs look with, loaded from their files."""

from pathlib import Path

from vpd.tools.onnx.lite2 import LITE2, Lite2
from vpd.tools.onnx.nanodet import NANODET, NanoDet
from vpd.tools.photos.reader import READER_FILES, PaddleReader
from vpd.tools.photos.seeing import Eyes

PHOTO_FILES = (NANODET, LITE2, *READER_FILES.values())


def open_eyes(folder: Path, threads: int = 1) -> Eyes:
    """Load the models from their files in this folder or in packages, or fetched.

    `threads` work on one region of one model. Raises ModelFileError, or ConfigError that names the extra.
    """
    return Eyes(
        NanoDet(NANODET.find(folder), threads=threads),
        Lite2(LITE2.find(folder), threads=threads),
        PaddleReader({task: file.find(folder) for task, file in READER_FILES.items()}, threads=threads),
    )
