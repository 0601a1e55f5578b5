"""What a vision tool is: batches of requests in, typed results out.

A tool sees pixels, a region and plain arguments; never a path, an address, a question's label or a scene's
ground truth. Its version names everything that can change its answers, because answers are cached under it.

Not here: which tool serves which `ImagePatch` method (`vpd.tools.toolset`), the cache and the batching
(`vpd.execution`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from vpd.geometry import Box

Plain = str | int | float | bool | None | tuple["Plain", ...]


@dataclass(frozen=True, eq=False)
class Picture:
    """A decoded picture: RGB uint8 of shape (height, width, 3), known by the sha256 of its file."""

    image_id: str
    pixels: NDArray[np.uint8]

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.pixels.shape[0])


@dataclass(frozen=True)
class ToolRequest:
    """One call: a region of a picture and the method's arguments, already checked for type and length."""

    picture: Picture
    region: Box
    args: tuple[Plain, ...]


@dataclass(frozen=True)
class Detection:
    """A found object: its box in picture pixels and the detector's confidence, 0 to 1."""

    box: Box
    confidence: float


@dataclass(frozen=True)
class ToolResult:
    """A tool's answer: detections for `find`, else a plain value; with a confidence where there is one."""

    value: Plain | tuple[Detection, ...]
    confidence: float | None = None


@dataclass(frozen=True)
class ToolFailure:
    """No answer: a name outside the tool's vocabulary, a bad argument, or the tool itself failed."""

    kind: Literal["vocabulary", "argument", "error"]
    message: str


class Tool(Protocol):
    """One vision tool. Answers depend on nothing but the request and `version`."""

    version: str

    def run(self, batch: Sequence[ToolRequest]) -> Sequence[ToolResult | ToolFailure]:
        """Answer a batch, one result per request in order. An exception fails the whole batch."""
        ...


@dataclass(frozen=True)
class ToolSet:
    """The tools behind the `ImagePatch` methods that need a model, by method name.

    `full_batch` is how many requests a tool is given at once, at most, and worth waiting for; 1 says that
    asking together gains nothing, so no request waits for others.
    """

    name: str
    tools: Mapping[str, Tool]
    full_batch: int = 32

    @property
    def version(self) -> str:
        """Name and versions of all tools."""
        parts = sorted({tool.version for tool in self.tools.values()})
        return f"{self.name}[{', '.join(parts)}]"
