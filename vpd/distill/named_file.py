"""Settings in a TOML file that goes by its name in a folder of the checkout, or by its path."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from vpd.distill.config import problems
from vpd.errors import ConfigError

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class NamedFile(Generic[M]):
    """A file's name, its settings, and its first line if that is a comment."""

    name: str
    settings: M
    headline: str


def load_named(kind: str, name: str, folder: Path, model: type[M]) -> NamedFile[M]:
    """Read `folder/name.toml`, or the file itself if the name ends in .toml, as a model.

    Raises ConfigError that names the files there are, or the file and every wrong field.
    """
    path = Path(name) if name.endswith(".toml") else folder / f"{name}.toml"
    try:
        text = path.read_text()
        settings = model.model_validate(tomllib.loads(text))
    except OSError as error:
        known = ", ".join(found.stem for found in named_files(folder))
        raise ConfigError(f"no {kind} {name!r} ({error}): there are {known}, or give a TOML file") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{kind} {path} is not TOML: {error}") from error
    except ValidationError as error:
        raise ConfigError(f"{kind} {path}: {problems(error)}") from error
    return NamedFile(path.stem, settings, text.splitlines()[0].lstrip("# ") if text.startswith("#") else "")


def named_files(folder: Path) -> list[Path]:
    """Return the files that have names."""
    return sorted(folder.glob("*.toml"))
