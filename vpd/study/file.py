"""A study file: what is trained on, over which seeds, and the variants, one line each.

    sources = ["demo"]
    seeds = [0, 1, 2]
    compare = [["student", "instruct"]]
    recipe = "laptop"               # as for a training (`vpd.distill.recipe`)

    [training]                      # settings of `vpd.distill.config.TrainConfig` that all variants share
    steps = 700

    [variants]
    student = {}
    instruct = { arm = "instruct" }
    instruct-equal-time = { arm = "instruct", as_long_as = "student" }
    label-only = { policy = "label" }

A variant's line holds its arm, settings of its data (`vpd.study.data_settings`), and settings of the training
that differ from the common ones.
"""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from vpd.distill.config import Arm, TrainConfig
from vpd.distill.recipe import load_recipe
from vpd.errors import ConfigError
from vpd.study.data_settings import DataSettings

_DECIDED = ("store", "s3_endpoint", "shards", "arm", "output", "seed", "mlflow")  # by the study


class Variant(BaseModel):
    """One line: an arm, how long it trains, its data, and what differs in its training."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    arm: Arm = "student"
    as_long_as: str | None = Field(
        default=None,
        description="train as many seconds as this variant did with the same seed; the steps follow from the "
        "seconds per step of the variant that has the same line but for this setting",
    )
    data: DataSettings = DataSettings()
    training: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _sorted_out(cls, line: Any) -> Any:
        """Sort the settings of a line into those of the variant, of its data and of its training."""
        if not isinstance(line, Mapping):
            raise ValueError('is no table of settings such as { arm = "instruct" }')
        own = {k: v for k, v in line.items() if k in ("arm", "as_long_as")}
        data = {k: v for k, v in line.items() if k in DataSettings.model_fields}
        return {
            **own,
            "data": data,
            "training": {k: v for k, v in line.items() if k not in {**own, **data}},
        }

    @property
    def made_from(self) -> DataSettings:
        """The settings of its data; what the Instruct arm cannot learn from is left out."""
        return self.data.labelled() if self.arm == "instruct" else self.data


class StudyFile(BaseModel):
    """What a study compares."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sources: tuple[str, ...] = Field(min_length=1, description="registered sources to train on")
    seeds: tuple[int, ...] = Field(min_length=1, description="of weights and order; every variant has all")
    test_pictures: int | None = Field(
        default=None, ge=1, description="pictures of the test split that are asked about; default: all"
    )
    compare: tuple[tuple[str, str], ...] = Field(
        default=(), description="pairs of variants: the first minus the second, paired by question"
    )
    training: dict[str, Any] = Field(default_factory=dict)
    variants: dict[str, Variant] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"seeds {list(self.seeds)} has one of them twice")
        named = [name for pair in self.compare for name in pair]
        named += [v.as_long_as for v in self.variants.values() if v.as_long_as is not None]
        unknown = sorted(set(named) - set(self.variants))
        if unknown:
            raise ValueError(f"no variant {unknown[0]!r}: there are {', '.join(self.variants)}")
        return self

    def same_steps(self, name: str) -> str:
        """Return the variant that has the same line but for `as_long_as`; raises KeyError without one."""
        wanted = self.variants[name].model_copy(update={"as_long_as": None})
        return {self._key(variant): other for other, variant in self.variants.items()}[self._key(wanted)]

    def config(self, name: str, seed: int, **decided: Any) -> TrainConfig:
        """Return the training of a variant with a seed; `decided` are the settings of the study itself."""
        variant = self.variants[name]
        given = {**self.training, **variant.training, "arm": variant.arm, "seed": seed, **decided}
        return TrainConfig.model_validate(given)

    @staticmethod
    def _key(variant: Variant) -> str:
        return variant.model_dump_json()


def load_study(path: Path) -> StudyFile:
    """Read a study file, with its recipe under its own settings.

    Raises ConfigError that names the file and every wrong variant and field, or the recipe.
    """
    try:
        given = tomllib.loads(path.read_text())
        recipe = given.pop("recipe", None)
        if recipe is not None:
            given["training"] = load_recipe(str(recipe)).settings | given.get("training", {})
        study = StudyFile.model_validate(given)
    except (OSError, ValueError) as error:
        problems = _problems(error) if isinstance(error, ValidationError) else str(error)
        raise ConfigError(f"{path}: {problems}") from error
    problems = "; ".join(_wrong(study))
    if problems:
        raise ConfigError(f"{path}: {problems}")
    return study


def _wrong(study: StudyFile) -> Iterable[str]:
    decided = {"store": "-", "shards": [f"{source}-000" for source in study.sources], "output": "-"}
    common = [*_wrong_training(study.training, {**decided, **study.training, "arm": "student"})]
    yield from (f"training.{problem}" for problem in common)
    for name, variant in study.variants.items():
        where = f"variants.{name}"
        whole = {**decided, **({} if common else study.training), **variant.training, "arm": variant.arm}
        found = _wrong_training(variant.training, whole)
        yield from (f"{where}.{problem}" for problem in found)
        if variant.arm == "instruct" and variant.data.labels == 0:
            yield f"{where}.labels: the Instruct arm has nothing to learn from without labels"
        if variant.as_long_as is not None:
            yield from (f"{where}.as_long_as: {problem}" for problem in _wrong_time(study, name))


def _wrong_training(line: Mapping[str, Any], whole: Mapping[str, Any]) -> Iterable[str]:
    """Yield what is wrong with settings of a training, `line` those in one place of the file."""
    decided = [key for key in line if key in _DECIDED]
    if decided:
        yield from (f"{key}: the study decides it" for key in decided)
        return
    try:
        TrainConfig.model_validate(whole)
    except ValidationError as error:
        yield _problems(error)


def _wrong_time(study: StudyFile, name: str) -> Iterable[str]:
    other = study.variants[name].as_long_as
    if other is not None and study.variants[other].as_long_as is not None:
        yield f"{other} is itself as long as another: name a variant with steps of its own"
    try:
        study.same_steps(name)
    except KeyError:
        yield (
            "no variant has the same settings but this one: its seconds per step decide on the steps, so "
            "write it too"
        )


def _problems(error: ValidationError) -> str:
    return "; ".join(f"{_place(e['loc'])}: {e['msg']}" for e in error.errors())


def _place(loc: tuple[int | str, ...]) -> str:
    """Return where in the file a problem is; `data` is not written there."""
    return ".".join(str(part) for part in loc if part != "data") or "file"
