"""Read the text in a region with PP-OCR: the library RapidOCR on the model files that its package ships.

Du et al., PP-OCR (2020): lines of text are found, turned upright and read one by one, top to bottom and left
to right. It reads printed Latin and Chinese text that a person reads without effort; blurred, curved or
handwritten text comes out empty or garbled.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vpd.errors import ConfigError
from vpd.geometry import Box
from vpd.model_files import ModelFile, Package
from vpd.tools.onnx.letterbox import letterbox
from vpd.tools.photos.seeing import Line
from vpd.tools.protocol import Picture, tool_version


def _shipped(name: str, sha256: str, size: int, does: str) -> ModelFile:
    origin = Package("rapidocr", f"rapidocr/models/{name}", "vpd[photos]")
    return ModelFile(name, sha256, size, "Apache-2.0", f"photos: {does} (PP-OCR)", origin)


READER_FILES: Mapping[str, ModelFile] = {
    "Det": _shipped(
        "PP-OCRv6_det_small.onnx",
        "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
        9_929_594,
        "finds lines of text",
    ),
    "Cls": _shipped(
        "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
        "e47acedf663230f8863ff1ab0e64dd2d82b838fceb5957146dab185a89d6215c",
        585_532,
        "turns lines of text upright",
    ),
    "Rec": _shipped(
        "PP-OCRv6_rec_small.onnx",
        "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
        21_234_383,
        "reads lines of text",
    ),
}
"""The model files by the library's name for their task."""

LEAST_CONFIDENCE = 0.75  # of a line; what is below, on 21 pictures, was garbled or no text
LEAST_ALONE = 0.95  # of a single character: coins, eyes and edges read as "O" or "1" at up to 0.89
MOST_OBLONG = 60  # of sides; the library shrinks a longer side to 2000 pixels, and no line is left to read
SMALL = 800  # a region whose longer side is up to this, in pixels, is read at twice its size
CODE_VERSION = 1  # raise it with every change here that can change an answer


class PaddleReader:
    """A reader of text. Safe for use by several threads."""

    def __init__(self, files: Mapping[str, Path], threads: int = 1) -> None:
        """Load checked files, by the names of READER_FILES. Raises ConfigError without RapidOCR."""
        try:
            from rapidocr import RapidOCR
        except ImportError as error:
            raise ConfigError("reading text needs RapidOCR: install vpd[photos]") from error
        self._read = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.text_score": LEAST_CONFIDENCE,
                "EngineConfig.onnxruntime.intra_op_num_threads": threads,
                **{f"{task}.model_path": str(path) for task, path in files.items()},
            }
        )
        self.memory_bytes = sum(path.stat().st_size for path in files.values())
        self.version = tool_version(
            "pp-ocr",
            **{task: file.sha256[:12] for task, file in READER_FILES.items()},
            least=(LEAST_CONFIDENCE, LEAST_ALONE),
            code=CODE_VERSION,
        )

    def look(self, picture: Picture, region: Box) -> tuple[Line, ...]:
        """Return the lines of text in a region in reading order."""
        fitted = letterbox(region, picture, SMALL)
        if fitted is None or max(fitted.width, fitted.height) > MOST_OBLONG * min(
            fitted.width, fitted.height
        ):
            return ()
        found: Any = self._read(_enlarged(fitted.window(picture)[..., ::-1]))
        lines = zip(found.txts or (), found.scores or (), strict=True)
        return tuple(Line(text, round(float(score), 4)) for text, score in lines if _legible(text, score))


def _enlarged(window: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if max(window.shape[:2]) > SMALL:
        return np.ascontiguousarray(window)
    return np.asarray(cv2.resize(window, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8)


def _legible(text: str, score: float) -> bool:
    return bool(text.strip()) and (len(text.strip()) > 1 or score >= LEAST_ALONE)
