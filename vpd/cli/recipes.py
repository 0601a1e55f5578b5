"""`vpd recipes`: how students can be trained."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from vpd.distill.config import TrainConfig
from vpd.distill.recipe import FOLDER, Recipe, recipes

_NUMBERS = {"steps": "steps", "batch_size": "batch", "lr": "lr", "precision": "precision"}


def command() -> None:
    """List the recipes of trainings, with what each reproduces and its main numbers.

    One is chosen in the configuration of the asset vlm_checkpoint, by name or by the path of a TOML file.
    """
    table = Table("recipe", "what it reproduces", *_NUMBERS.values(), "LoRA", "base")
    table.title = f"recipes in {FOLDER}"
    for recipe in recipes():
        lora, base = _setting(recipe, "lora"), _setting(recipe, "base")
        changed = "all weights" if lora is None else f"rank {lora['rank']}"
        start = base or ("embedded" if lora is None else "to be given")
        numbers = (str(_setting(recipe, name)) for name in _NUMBERS)
        table.add_row(recipe.name, escape(recipe.headline), *numbers, changed, escape(start))
    Console().print(table)


def _setting(recipe: Recipe, name: str) -> Any:
    return recipe.settings.get(name, TrainConfig.model_fields[name].default)
