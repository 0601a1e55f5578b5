"""Study files: what a line says, and how a wrong one is told."""

from collections.abc import Callable
from pathlib import Path

import pytest

from vpd.errors import ConfigError
from vpd.study.data_settings import DataSettings
from vpd.study.file import load_study

Write = Callable[..., Path]
FOLDER = Path(__file__).parents[2] / "infra" / "studies"


@pytest.mark.parametrize("name", ["effect", "ablations", "rewritten"])
def test_load_study_the_files_of_the_project_are_right(name: str) -> None:
    study = load_study(FOLDER / f"{name}.toml")
    assert {name for pair in study.compare for name in pair} <= set(study.variants)


def test_load_study_sorts_a_line_into_arm_data_and_training(study_file: Write) -> None:
    study = load_study(
        study_file('a = { arm = "rationale", policy = "label", first = 1, lr = 0.1, steps = 9 }')
    )
    variant = study.variants["a"]
    assert (variant.arm, variant.data) == ("rationale", DataSettings(policy="label", first=1))
    config = study.config("a", 3, store="-", shards=("x",), output="-")
    assert (config.lr, config.steps, config.batch_size, config.seed, config.arm) == (
        0.1,
        9,
        4,
        3,
        "rationale",
    )


def test_load_study_puts_its_own_settings_over_those_of_its_recipe(study_file: Write) -> None:
    study = load_study(study_file("a = {}", head='recipe = "laptop"'))
    config = study.config("a", 0, store="-", shards=("x",), output="-")
    assert (config.optimizer, config.base) == ("muon", "recorded:easy-boxes")
    assert config.steps == 4


def test_load_study_of_an_unknown_recipe_names_those_there_are(study_file: Write) -> None:
    with pytest.raises(ConfigError, match="paper-generalist"):
        load_study(study_file("a = {}", head='recipe = "none"'))


def test_variant_of_the_instruct_arm_learns_from_labels_alone(study_file: Write) -> None:
    study = load_study(
        study_file(
            "student = { labels = 0.1 }", 'instruct = { arm = "instruct", labels = 0.1 }', "whole = {}"
        )
    )
    assert [v.made_from.labelled_only for v in study.variants.values()] == [False, True, False]


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ('a = { policy = "labels" }', ("variants.a.policy",)),
        ("a = { first = 0 }", ("variants.a.first",)),
        ("a = { labels = 1.5 }", ("variants.a.labels",)),
        ('a = { arm = "instruct", labels = 0 }', ("variants.a.labels",)),
        ("a = { learning_rate = 1 }", ("variants.a.learning_rate",)),
        ("a = { rationale_weight = 0 }", ("variants.a.rationale_weight",)),
        ("a = { seed = 1 }", ("variants.a.seed",)),
        ('a = { arm = "teacher" }', ("variants.a.arm",)),
        ("a = 1", ("variants.a",)),
        ('a = { as_long_as = "b" }', ("no variant 'b'",)),
        ('a = { arm = "instruct", as_long_as = "b" }\nb = {}', ("variants.a.as_long_as",)),
        ('a = { as_long_as = "b" }\nb = { as_long_as = "c" }\nc = {}', ("variants.a.as_long_as", "b")),
        ("a = {", ()),
        ("", ("variants",)),
        ("a = { lrr = 1 }\nb = { frist = 1 }", ("variants.a.lrr", "variants.b.frist")),
    ],
)
def test_load_study_a_wrong_line_names_file_variant_and_field(
    study_file: Write, line: str, named: tuple[str, ...]
) -> None:
    path = study_file(line)
    with pytest.raises(ConfigError) as error:
        load_study(path)
    assert all(name in str(error.value) for name in (str(path), *named))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"training": "stepps = 3"}, "training.stepps"),
        ({"training": "seed = 3"}, "training.seed"),
        ({"head": "test_pictures = 0"}, "test_pictures"),
        ({"head": 'compare = [["a", "z"]]'}, "'z'"),
        ({"head": 'color = "red"'}, "color"),
    ],
)
def test_load_study_a_wrong_setting_of_all_is_named_once(
    study_file: Write, changes: dict[str, str], named: str
) -> None:
    with pytest.raises(ConfigError) as error:
        load_study(study_file("a = {}", "b = {}", **changes))
    assert str(error.value).count(named) == 1


def test_load_study_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nothing\.toml"):
        load_study(tmp_path / "nothing.toml")
