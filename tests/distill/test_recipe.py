"""Recipes: all of the checkout are good, a wrong one says what is wrong, and one trains what it says."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.distill.families import build
from vpd.cli import app
from vpd.distill.base import load_student
from vpd.distill.config import TrainConfig
from vpd.distill.recipe import load_recipe, recipes
from vpd.distill.recorded import recorded_base
from vpd.distill.train import train
from vpd.errors import ConfigError

Make = Callable[..., TrainConfig]
PAPER = {"lr": 1e-4, "warmup": 0.01, "precision": "bf16"}
LENGTHS = {"paper-generalist": (8000, 128), "paper-specialist": (1344, 64)}


@pytest.mark.parametrize("recipe", recipes(), ids=lambda recipe: recipe.name)
def test_every_recipe_makes_a_configuration_and_says_what_it_reproduces(recipe) -> None:
    shards = [f"{source}-000" for source in recipe.settings.get("mixture", {"demo": 1.0})]
    given = {"store": "s", "shards": shards, "arm": "student", "output": "o", "base": "some/model"}
    config = TrainConfig.model_validate({**given, **recipe.settings})
    assert config.steps == recipe.settings["steps"]
    assert recipe.headline


@pytest.mark.parametrize("name", LENGTHS)
def test_recipe_of_the_paper_has_the_numbers_of_the_paper(name: str) -> None:
    found = load_recipe(name).settings
    assert {**PAPER, **found} == found
    assert (found["steps"], found["batch_size"]) == LENGTHS[name]
    assert found["lora"]["rank"] == 8


def test_recipe_of_the_laptop_starts_from_a_base_in_the_package() -> None:
    base = recorded_base(load_recipe("laptop").settings["base"])
    assert base is not None
    assert (base / "model.safetensors").is_file()


@pytest.mark.usefixtures("ranks")
def test_train_by_the_recipe_of_the_specialist_takes_a_step(config: Make, tmp_path: Path) -> None:
    build("paligemma2").save(tmp_path / "base")
    settings = load_recipe("paper-specialist").settings | {"steps": 1, "base": str(tmp_path / "base")}
    report = train(config(**settings))
    assert report["questions_seen"] == 64
    adapter = load_student(str(tmp_path / "run" / "model" / "adapter"))
    assert adapter.model.config.model_type == "paligemma"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("lr = 0", "lr"),
        ("[lora]\nranks = 4", "lora.ranks"),
        ("[mixture]\ngqa = -1", "mixture.gqa"),
        ('shards = ["demo-000"]', "shards"),
        ("seed = 1", "seed"),
        ("lr = ", "TOML"),
    ],
)
def test_load_a_wrong_recipe_names_the_file_and_the_field(tmp_path: Path, text: str, field: str) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(ConfigError) as refused:
        load_recipe(str(tmp_path / "mine.toml"))
    assert "mine.toml" in str(refused.value)
    assert field in str(refused.value)


@pytest.mark.parametrize("name", ["paper-expert", "nowhere/mine.toml"])
def test_load_a_recipe_that_is_not_there_names_those_that_are(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name}.*laptop"):
        load_recipe(name)


def test_recipes_command_lists_them() -> None:
    shown = CliRunner().invoke(app, ["recipes"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert all(word in shown.output for word in ("paper-generalist", "laptop", "8000", "0.0001", "rank 8"))
