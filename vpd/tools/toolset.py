"""The one place where tool sets are opened by name."""

from collections.abc import Callable

from vpd.errors import ConfigError
from vpd.tools.opencv.observer import PixelObserver
from vpd.tools.protocol import ToolSet
from vpd.tools.scene_methods import Remembering, scene_tools


def scenes_toolset() -> ToolSet:
    """Return the OpenCV tools for generated scenes: pixels only, with honest mistakes."""
    return ToolSet("scenes", scene_tools(Remembering(PixelObserver())))


_OPENERS: dict[str, Callable[[], ToolSet]] = {"scenes": scenes_toolset}


def open_toolset(name: str) -> ToolSet:
    """Return the tool set of this name; raises ConfigError for an unknown one."""
    if name not in _OPENERS:
        raise ConfigError(f"unknown tool set {name!r}; known are {', '.join(_OPENERS)}")
    return _OPENERS[name]()
