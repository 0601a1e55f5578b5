"""Recipes: how to train, as TOML files in `infra/recipes` or anywhere, without what to train on.

A recipe sets what of `TrainConfig` decides the weights, but for the shards, the arm and the seed, which
belong to one run. Its first line, a comment, says what it reproduces.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from vpd.distill.config import RUNTIME, TrainConfig, problems
from vpd.errors import ConfigError

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
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    try:
        text = path.read_text()
        settings = tomllib.loads(text)
        given = Settable.model_validate(settings).model_dump(exclude_unset=True)
    except OSError as error:
        known = ", ".join(found.stem for found in _files())
        raise ConfigError(f"no recipe {name!r} ({error}): there are {known}, or give a TOML file") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"recipe {path} is not TOML: {error}") from error
    except ValidationError as error:
        raise ConfigError(f"recipe {path}: {problems(error)}") from error
    return Recipe(path.stem, text.splitlines()[0].lstrip("# ") if text.startswith("#") else "", given)


def recipes() -> list[Recipe]:
    """Return all recipes of `infra/recipes`; raises ConfigError if one is wrong."""
    return [load_recipe(str(path)) for path in _files()]


def _files() -> list[Path]:
    return sorted(FOLDER.glob("*.toml"))
