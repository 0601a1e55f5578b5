"""Tool sets by name: `scenes`, `photos`, a TOML file of models, or `module:ATTRIBUTE` for anyone's own.

Finding one loads no model; opening it does.
"""

import importlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from vpd.errors import ConfigError
from vpd.tools.coco import NAMES as COCO
from vpd.tools.examples.photos import PHOTO_EXAMPLES
from vpd.tools.examples.scenes import SCENE_EXAMPLES
from vpd.tools.hub import hub_toolset
from vpd.tools.methods import IMAGE_PATCH, Method, Plain
from vpd.tools.protocol import Tool, ToolFailure, ToolSet
from vpd.tools.spec import ToolSetSpec


def _built_in(*names: str) -> Mapping[str, Method]:
    return {name: IMAGE_PATCH[name] for name in names}


_LOOKING = ("find", "exists", "verify_property", "simple_query", "best_text_match")


def _scenes_tools() -> Mapping[str, Tool]:
    from vpd.tools.opencv.observer import PixelObserver
    from vpd.tools.scene_methods import Remembering, scene_tools

    return scene_tools(Remembering(PixelObserver()))


def _scenes_refusal(method: str, args: tuple[Plain, ...]) -> ToolFailure | None:
    from vpd.tools.scene_refusal import scene_refusal

    return scene_refusal(method, args)


def _photos_tools() -> Mapping[str, Tool]:
    from vpd.settings import load_settings
    from vpd.tools.openai.tools import open_knowledge_tool
    from vpd.tools.photos.methods import photo_tools
    from vpd.tools.photos.models import open_eyes
    from vpd.tools.photos.seeing import remembering

    settings = load_settings()
    looking = photo_tools(remembering(open_eyes(settings.model_dir)))
    return {**looking, "llm_query": open_knowledge_tool(settings)}


def _photos_refusal(method: str, args: tuple[Plain, ...]) -> ToolFailure | None:
    from vpd.tools.photos.refusal import photo_refusal

    return photo_refusal(method, args)


SCENES = ToolSetSpec(
    _scenes_tools,
    _built_in(*_LOOKING, "compute_depth"),
    SCENE_EXAMPLES,
    full_batch=1,
    name="scenes",
    refuses=_scenes_refusal,
)
"""OpenCV tools for generated scenes: pixels only, with honest mistakes."""

PHOTOS = ToolSetSpec(
    _photos_tools,
    _built_in(*_LOOKING, "read_text", "llm_query"),
    PHOTO_EXAMPLES,
    notes=f"find knows these names and no others: {', '.join(COCO)}. "
    "A man, woman or child is a person. Kinds such as animal, fruit or vehicle are no names for find: ask "
    'simple_query("What animal is this?") or find them one by one.',
    name="photos",
    refuses=_photos_refusal,
)
"""Small real models for photographs; their files are in VPD_MODEL_DIR."""

_KNOWN = {spec.name: spec for spec in (SCENES, PHOTOS)}


def find_toolset(name: str) -> ToolSetSpec:
    """Return the specification of a tool set; loads no model. Raises ConfigError for an unknown one."""
    if name in _KNOWN:
        return _KNOWN[name]
    if name.endswith(".toml"):
        return replace(hub_toolset(Path(name)), name=name)
    module, colon, attribute = name.partition(":")
    if not colon:
        raise ConfigError(
            f"unknown tool set {name!r}; known are {', '.join(_KNOWN)}, FILE.toml and module:ATTRIBUTE"
        )
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"no tool set {name!r} ({error}): is the module's folder on PYTHONPATH?") from error
    if not isinstance(found, ToolSetSpec):
        raise ConfigError(f"{name!r} is a {type(found).__name__}, not a ToolSetSpec")
    return replace(found, name=name)


def open_toolset(name: str) -> ToolSet:
    """Load the tool set of this name. Raises ConfigError or ModelFileError."""
    return find_toolset(name).open()


def methods_of(tools_version: str) -> Mapping[str, Method]:
    """Return the methods that traces of this tools' version may hold: the built-in ones, and the set's own.

    Raises ConfigError if the set's module is gone.
    """
    name = tools_version.partition("[")[0]
    own: Mapping[str, Method] = find_toolset(name).methods if ":" in name else {}
    return {**IMAGE_PATCH, **own}
