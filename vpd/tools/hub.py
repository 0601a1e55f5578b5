"""A tool set from a TOML file: which model, by hub id or folder, answers which methods on which device.

    device = "cuda"
    dtype = "bfloat16"
    [detector]
    model = "google/owlv2-base-patch16-ensemble"
    [questions]
    model = "HuggingFaceTB/SmolVLM-Instruct"

A section that is absent leaves its methods out of the API. What kind a model is, is read from its own
configuration. Reading the file loads no model, and needs neither torch nor transformers.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vpd.errors import ConfigError, ModelFileError
from vpd.tools.examples.photos import PHOTO_EXAMPLES
from vpd.tools.methods import IMAGE_PATCH
from vpd.tools.openai.section import EndpointSection
from vpd.tools.protocol import Tool
from vpd.tools.spec import ToolSetSpec

Dtype = Literal["float32", "bfloat16"]

_METHODS = {
    "detector": ("find", "exists"),
    "image_text": ("verify_property", "best_text_match"),
    "depth": ("compute_depth",),
    "questions": ("simple_query",),
    "reading": ("read_text",),
}


class ModelSection(BaseModel):
    """A model by hub id, or by folder: absolute, or relative to the file that names it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field(min_length=1, description="hub id or folder")
    revision: str | None = Field(
        None, description="commit, tag or branch at the hub; default: the cached one"
    )
    dtype: Dtype | None = Field(None, description="type of this model; default: the file's")


class DetectorSection(ModelSection):
    """A detector, for find and exists."""

    threshold: float | None = Field(
        None, ge=0, le=1, description="least score; default: 0.2 if any name will do, 0.5 for a fixed list"
    )
    overlap: float = Field(0.5, ge=0, le=1, description="IoU with a surer box above which a box is dropped")


class ImageTextSection(ModelSection):
    """A model that scores texts, for verify_property and best_text_match."""

    threshold: float | None = Field(
        None, ge=0, le=1, description="least share of a property's score beside its strongest rival's"
    )


class WritingSection(ModelSection):
    """A model that writes text about a picture, for simple_query or read_text."""

    prompt: str | None = Field(None, min_length=1, description="for questions with the slot {question}")
    tokens: int | None = Field(
        None, ge=1, description="most tokens written; default: 16 for a question, 128 for reading"
    )


class HubConfig(BaseModel):
    """The whole file. `device`, `memory_gb` and `batch` do not decide answers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    device: str = Field("cpu", description="torch device of all models, such as cpu, cuda or cuda:1")
    dtype: Dtype = Field(
        "float32", description="type of weights and activations; bfloat16 rounds boxes to 1/256 of the side"
    )
    memory_gb: float = Field(
        16, gt=0, description="room on the device for the weights of all models together, in 10^9 bytes"
    )
    batch: int = Field(32, ge=1, description="most requests in one pass; halved when memory runs out")
    detector: DetectorSection | None = None
    image_text: ImageTextSection | None = None
    depth: ModelSection | None = None
    questions: WritingSection | None = None
    reading: WritingSection | None = None
    endpoint: EndpointSection | None = Field(None, description="an OpenAI-compatible endpoint")


def hub_toolset(path: Path) -> ToolSetSpec:
    """Read a tool set's file. Raises ConfigError that names the file and the key."""
    config = _read(path)
    methods = list(_served(config))
    twice = {method for method in methods if methods.count(method) > 1}
    if twice:
        raise ConfigError(f"{path}: two sections answer {', '.join(sorted(twice))}; leave one out")
    if not methods:
        raise ConfigError(
            f"{path}: no section, so no method; add one of {', '.join((*_METHODS, 'endpoint'))}"
        )
    absent = [f".{name}(" for name in IMAGE_PATCH if name not in methods]
    return ToolSetSpec(
        partial(_open, path, config),
        {name: method for name, method in IMAGE_PATCH.items() if name in methods},
        tuple(e for e in PHOTO_EXAMPLES if not any(call in e.program for call in absent)),
        full_batch=config.batch,
        name=str(path),
    )


def _read(path: Path) -> HubConfig:
    try:
        with path.open("rb") as file:
            given = tomllib.load(file)
    except OSError as error:
        raise ConfigError(f"cannot read the tool set {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is no TOML: {error}") from error
    for name in _METHODS:
        section = given.get(name)
        if isinstance(section, dict) and isinstance(section.get("model"), str):
            section["model"] = _beside(path, section["model"])
    try:
        return HubConfig.model_validate(given)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigError(f"{path}: {wrong}") from error


def _beside(path: Path, model: str) -> str:
    """Return the folder of this name beside a file if there is one, else the name as it is."""
    folder = path.parent / model
    return str(folder.resolve()) if model and folder.is_dir() else model


def _served(config: HubConfig) -> Iterator[str]:
    for name, methods in _METHODS.items():
        if getattr(config, name) is not None:
            yield from methods
    if config.endpoint is not None:
        yield from config.endpoint.methods


def _open(path: Path, config: HubConfig) -> Mapping[str, Tool]:
    tools: dict[str, Tool] = {}
    try:
        if any(getattr(config, name) is not None for name in _METHODS):
            from vpd.tools.transformers.opening import open_tools

            tools |= open_tools(config)
        if config.endpoint is not None:
            from vpd.tools.openai.tools import open_endpoint_tools

            tools |= open_endpoint_tools(config.endpoint)
    except (ConfigError, ModelFileError) as error:
        raise type(error)(f"{path}: {error}") from error
    return tools
