"""What the tools for photographs look with: models that look at a region of a picture, and their memory.

Not here: the models themselves (`vpd.tools.onnx`, `vpd.tools.photos.reader`).
"""

from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Lock
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from vpd.geometry import Box
from vpd.tools.protocol import Picture

Sight = TypeVar("Sight")
Sight_co = TypeVar("Sight_co", covariant=True)
Probabilities = NDArray[np.float32]


class Eye(Protocol[Sight_co]):
    """A model that looks at regions, for several threads at once.

    What it sees depends on the picture, the region and `version` only. `memory_bytes`: of its weights.
    """

    version: str
    memory_bytes: int

    def look(self, picture: Picture, region: Box) -> Sight_co:
        """Return what it sees; a region that touches no pixel of the picture shows nothing."""
        ...


@dataclass(frozen=True)
class Seen:
    """A detected object: the class's name, its box in picture pixels, the detector's score, 0 to 1."""

    name: str
    box: Box
    confidence: float


@dataclass(frozen=True)
class Line:
    """A line of text as read, with the reader's confidence, 0 to 1."""

    text: str
    confidence: float


@dataclass(frozen=True)
class Eyes:
    """The models: objects by descending confidence, probabilities of ImageNet's classes, lines of text.

    The classifier gives zeros where there is nothing to see.
    """

    detector: Eye[tuple[Seen, ...]]
    classifier: Eye[Probabilities]
    reader: Eye[tuple[Line, ...]]


class Remembering(Generic[Sight]):
    """A model that keeps what it saw in the last regions: several questions cost one forward pass.

    Threads that ask for the same region at once wait for one of them.
    """

    def __init__(self, eye: Eye[Sight], regions: int = 1024) -> None:
        self.version, self.memory_bytes = eye.version, eye.memory_bytes
        self._eye = eye
        self._regions = regions
        self._seen: OrderedDict[tuple[str, Box], Future[Sight]] = OrderedDict()
        self._lock = Lock()

    def look(self, picture: Picture, region: Box) -> Sight:
        """Return what the model sees; what it raises is raised for all who wait, and not kept."""
        key = (picture.image_id, region)
        with self._lock:
            seen = self._seen.get(key)
            first = seen is None
            if seen is None:
                seen = self._seen[key] = Future()
                if len(self._seen) > self._regions:
                    self._seen.popitem(last=False)
            self._seen.move_to_end(key)
        if first:
            self._look(key, picture, region, seen)
        return seen.result()

    def _look(self, key: tuple[str, Box], picture: Picture, region: Box, seen: "Future[Sight]") -> None:
        try:
            seen.set_result(self._eye.look(picture, region))
        except BaseException as error:
            seen.set_exception(error)
            with self._lock:
                if self._seen.get(key) is seen:
                    del self._seen[key]


def remembering(eyes: Eyes) -> Eyes:
    """Return the same models, each with a memory."""
    return Eyes(Remembering(eyes.detector), Remembering(eyes.classifier), Remembering(eyes.reader))
