"""The one place where tool sets are opened by name."""

from collections.abc import Callable

from vpd.errors import ConfigError
from vpd.settings import load_settings
from vpd.tools.onnx.nanodet import NANODET, NanoDet
from vpd.tools.opencv.observer import PixelObserver
from vpd.tools.photo_methods import Remembering, photo_tools
from vpd.tools.protocol import ToolSet
from vpd.tools.scene_methods import Remembering as RememberingObserver
from vpd.tools.scene_methods import scene_tools


def scenes_toolset() -> ToolSet:
    """Return the OpenCV tools for generated scenes: pixels only, with honest mistakes."""
    return ToolSet("scenes", scene_tools(RememberingObserver(PixelObserver())), full_batch=1)


def photos_toolset() -> ToolSet:
    """Return a COCO detector and colour names, for photographs; its model file is in VPD_MODEL_DIR.

    Raises ModelFileError if the file is missing or not the expected one.
    """
    detector = NanoDet(NANODET.find(load_settings().model_dir))
    return ToolSet("photos", photo_tools(Remembering(detector)))


_OPENERS: dict[str, Callable[[], ToolSet]] = {"scenes": scenes_toolset, "photos": photos_toolset}


def open_toolset(name: str) -> ToolSet:
    """Return the tool set of this name; raises ConfigError for an unknown one."""
    if name not in _OPENERS:
        raise ConfigError(f"unknown tool set {name!r}; known are {', '.join(_OPENERS)}")
    return _OPENERS[name]()
