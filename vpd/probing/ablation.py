"""Pictures and tools that tell nothing, or the opposite: a program that none of them moves did not look.

    nothing   a grey picture of the same size, in which there is nothing to find
    shuffled  the picture cut into tiles that have changed places
    flipped   the picture as it is, with tools that deny what they see: yes for no, nothing for something

The first two need no more than the picture. For the third the tools are wrapped (`deniable`), once, before
the engine starts; they deny only to a picture that asks for it.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, get_args

import numpy as np

from vpd.tools.protocol import (
    Detection,
    Picture,
    Tool,
    ToolFailure,
    ToolRequest,
    ToolResult,
    ToolSet,
)
from vpd.tools.toolset import open_toolset

Ablation = Literal["nothing", "shuffled", "flipped"]
ABLATIONS: tuple[Ablation, ...] = get_args(Ablation)
TILES = 4  # in each direction
_GREY = 128
_FLIPPED = "flipped "
_OPPOSITE = {"yes": "no", "no": "yes"}


def ablated(picture: Picture, ablation: Ablation) -> Picture:
    """Return a picture under an ablation; its id says so, since answers are cached by it."""
    if ablation == "nothing":
        return Picture(f"nothing {picture.width}x{picture.height}", np.full_like(picture.pixels, _GREY))
    if ablation == "shuffled":
        return Picture(f"shuffled {picture.image_id}", _shuffled(picture))
    return Picture(f"{_FLIPPED}{picture.image_id}", picture.pixels)


def deniable(toolset: ToolSet) -> ToolSet:
    """Return a tool set of the same name and version that denies what it sees in a flipped picture."""
    looking = {name for name, method in toolset.methods.items() if method.looks}
    wrapped: dict[str, Tool] = {
        name: _Deniable(tool) if name in looking else tool for name, tool in toolset.tools.items()
    }
    return replace(toolset, tools=wrapped)


def open_deniable(name: str) -> ToolSet:
    """Load the tool set of this name as a deniable one. Raises ConfigError or ModelFileError."""
    return deniable(open_toolset(name))


class _Deniable:
    """A tool that answers a flipped picture with the opposite of what it sees there."""

    def __init__(self, tool: Tool) -> None:
        self.tool, self.card = tool, tool.card

    def run(self, batch: Sequence[ToolRequest]) -> list[ToolResult | ToolFailure]:
        flipped = [request.picture.image_id.startswith(_FLIPPED) for request in batch]
        asked = [_upright(r) if flip else r for r, flip in zip(batch, flipped, strict=True)]
        answers = self.tool.run(asked)
        return [_denied(r, a) if f else a for r, a, f in zip(batch, answers, flipped, strict=True)]


def _upright(request: ToolRequest) -> ToolRequest:
    picture = request.picture
    return replace(request, picture=Picture(picture.image_id.removeprefix(_FLIPPED), picture.pixels))


def _denied(request: ToolRequest, answer: ToolResult | ToolFailure) -> ToolResult | ToolFailure:
    if isinstance(answer, ToolFailure):
        return answer
    value = answer.value
    if isinstance(value, bool):
        return replace(answer, value=not value)
    if isinstance(value, tuple):
        found = () if value else (Detection(request.region, 1.0),)
        return replace(answer, value=found)
    if isinstance(value, str):
        return replace(answer, value=_OPPOSITE.get(value.strip().lower(), value))
    return answer


def _shuffled(picture: Picture) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return the pixels with the tiles in an order that leaves none in place; the rest of an edge stays."""
    high, wide = picture.height // TILES, picture.width // TILES
    pixels = picture.pixels.copy()
    tiles = [(row * high, column * wide) for row in range(TILES) for column in range(TILES)]
    for number, (top, left) in enumerate(tiles):
        y, x = tiles[(number * 7 + 5) % len(tiles)]  # 7 is coprime to 16, and 6n + 5 is never 0 modulo 16
        pixels[top : top + high, left : left + wide] = picture.pixels[y : y + high, x : x + wide]
    return pixels
