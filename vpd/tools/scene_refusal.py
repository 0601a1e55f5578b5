"""What the tools for scenes refuse by the arguments alone: the same tools, looking at one made-up cube.

Not here: what they refuse because a region holds no object.
"""

import numpy as np

from vpd.geometry import Box
from vpd.tools.methods import Plain
from vpd.tools.names import Traits
from vpd.tools.protocol import Picture, ToolFailure, ToolRequest
from vpd.tools.scene_methods import Sighting, scene_tools

_PICTURE = Picture("one cube", np.zeros((16, 16, 3), np.uint8))
_REGION = Box(0.0, 0.0, 16.0, 16.0)


class _OneCube:
    """Sees one cube that fills the picture."""

    version = "one cube"

    def look(self, _picture: Picture) -> tuple[Sighting, ...]:
        """Return the cube."""
        return (Sighting(Traits("cube", "red", "small", "metal"), _REGION, 1.0, 1.0),)


_TOOLS = scene_tools(_OneCube())


def scene_refusal(method: str, args: tuple[Plain, ...]) -> ToolFailure | None:
    """Return how a method refuses these arguments in any region with an object, or None if it does not."""
    if method not in _TOOLS:
        return None
    [answer] = _TOOLS[method].run([ToolRequest(_PICTURE, _REGION, args)])
    return answer if isinstance(answer, ToolFailure) else None
