"""What a vision tool is: batches of requests in, typed results out.

A tool sees pixels, a region and plain arguments; never a path, an address, a question's label or a scene's
ground truth. Its card says what it is, and its version names everything that can change its answers, because
answers are cached under it.

Not here: the `ImagePatch` methods that tools answer (`vpd.tools.methods`), tool sets by name
(`vpd.tools.toolset`), the cache and the batching (`vpd.execution`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from vpd.geometry import Box
from vpd.tools.methods import IMAGE_PATCH, Method, Plain


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

    def crop(self, region: Box) -> NDArray[np.uint8]:
        """Return the pixels that a region touches, RGB (height, width, 3), never empty; not a copy."""
        left = min(max(math.floor(region.left), 0), self.width - 1)
        top = min(max(math.floor(region.top), 0), self.height - 1)
        right, bottom = max(math.ceil(region.right), left + 1), max(math.ceil(region.bottom), top + 1)
        return self.pixels[top:bottom, left:right]


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


@dataclass(frozen=True)
class ToolCard:
    """What a tool says of itself.

    `kind` is what it does, such as detect, match, ask, depth, read or know. `vocabulary` holds the names it
    knows, None if any will do; a name outside is a ToolFailure of that kind, never "none found".
    `memory_bytes` is what it takes on its device while loaded.
    """

    kind: str
    version: str
    vocabulary: tuple[str, ...] | None = None
    device: str = "cpu"
    memory_bytes: int = 0


def tool_version(name: str, **decides: object) -> str:
    """Return a version of what decides a tool's answers: tool_version("owlv2", revision=..., code=1)."""
    return f"{name}@{','.join(f'{key}={value}' for key, value in decides.items())}"


class Tool(Protocol):
    """One vision tool. Answers depend on nothing but the request and the card's version."""

    card: ToolCard

    def run(self, batch: Sequence[ToolRequest]) -> Sequence[ToolResult | ToolFailure]:
        """Answer a batch, one result per request in order. An exception fails the whole batch."""
        ...


@dataclass(frozen=True)
class ToolSet:
    """The tools behind the `ImagePatch` methods, by method name.

    `methods` is the API that programs may call; one without a tool raises LookupError in the program.
    `full_batch` is how many requests a tool is given at once, at most, and worth waiting for; 1 says that
    asking together gains nothing, so no request waits for others.
    """

    name: str
    tools: Mapping[str, Tool]
    full_batch: int = 32
    methods: Mapping[str, Method] = field(default_factory=lambda: IMAGE_PATCH)

    @property
    def version(self) -> str:
        """Name and versions of all tools."""
        parts = sorted({tool.card.version for tool in self.tools.values()})
        return f"{self.name}[{', '.join(parts)}]"
