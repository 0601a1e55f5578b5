"""Configurations: what is refused, and what makes two runs the same."""

from collections.abc import Callable
from pathlib import Path

import pytest

from vpd.distill.config import TrainConfig, fingerprint
from vpd.errors import ConfigError

Make = Callable[..., TrainConfig]


def test_load_a_saved_configuration_returns_it(config: Make, tmp_path: Path) -> None:
    config(seed=3).save(tmp_path / "run.json")
    assert TrainConfig.load(tmp_path / "run.json") == config(seed=3)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('{"lr": -1}', "lr"),
        ('{"learning_rate": 1}', "learning_rate"),
        ('{"student": {"patch_size": 13}}', "student"),
        ('{"arm": "teacher"}', "arm"),
    ],
)
def test_load_a_wrong_field_names_it_and_the_file(tmp_path: Path, text: str, field: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(ConfigError) as error:
        TrainConfig.load(tmp_path / "run.json")
    assert field in str(error.value)
    assert "run.json" in str(error.value)


def test_load_a_missing_file_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"run\.json"):
        TrainConfig.load(tmp_path / "run.json")


def test_fingerprint_depends_on_method_and_data_only(config: Make) -> None:
    base = fingerprint(config(), {"a": "1"})
    assert fingerprint(config(output="elsewhere", log_every=7), {"a": "1"}) == base
    eased = config(hardware={"accumulation": 2, "recompute": True}, divergence={"patience": 5})
    assert fingerprint(eased, {"a": "1"}) == base
    assert fingerprint(config(export="best"), {"a": "1"}) != base
    assert fingerprint(config(lr=1e-4), {"a": "1"}) != base
    assert fingerprint(config(arm="instruct"), {"a": "1"}) != base
    assert fingerprint(config(), {"a": "2"}) != base


def test_load_an_export_of_the_best_step_without_validations_is_refused(config: Make, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(
        config(eval_questions=0).model_copy(update={"export": "best"}).model_dump_json()
    )
    with pytest.raises(ConfigError, match="eval_questions"):
        TrainConfig.load(tmp_path / "run.json")
