"""Recipes: how to train, as TOML files in `infra/recipes` or anywhere, without what to train on.

A recipe sets what of `TrainConfig` decides the weights, but for the shards, the arm and the seed, which
belong to one run. Its first line, a comment, says what it reproduces.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, create_model

from vpd.distill.config import RUNTIME, TrainConfig
from vpd.distill.named_file import load_named, named_files

FOLDER = Path(__file__).parents[2] / "infra" / "recipes"
_OF_ONE_RUN = {"shards", "arm", "seed"}

_FIELDS: dict[str, Any] = {
    name: (field.annotation, field)
    for name, field in TrainConfig.model_fields.items()
    if name not in RUNTIME | _OF_ONE_RUN
}

Settable: type[BaseModel] = create_model("Settable", __config__=ConfigDict(extra="forbid"), **_FIELDS)
"""The fields that a recipe may set, with the bounds that they have in `TrainConfig`."""


@dataclass(frozen=True)
class Recipe:
    """A recipe: its name, what it reproduces, and the fields of `TrainConfig` that it sets."""

    name: str
    headline: str
    settings: dict[str, Any]


def load_recipe(name: str) -> Recipe:
    """Read a recipe by its name in `infra/recipes`, or by the path of a TOML file.

    Raises ConfigError that names the recipes there are, or the file and every wrong field.
    """
    found = load_named("recipe", name, FOLDER, Settable)
    return Recipe(found.name, found.headline, found.settings.model_dump(exclude_unset=True))


def recipes() -> list[Recipe]:
    """Return all recipes of `infra/recipes`; raises ConfigError if one is wrong."""
    return [load_recipe(str(path)) for path in named_files(FOLDER)]
