"""The bases in the package."""

import pytest

from vpd.distill.base import load_student
from vpd.distill.collate import Collator
from vpd.distill.recorded import FOLDER, recorded_base
from vpd.errors import ConfigError


@pytest.mark.parametrize("name", sorted(path.parent.name for path in FOLDER.glob("*/config.json")))
def test_recorded_base_loads_and_has_place_tokens(name: str) -> None:
    folder = recorded_base(f"recorded:{name}")
    assert folder is not None
    assert Collator(load_student(str(folder)).processor).notation.bins
    assert (folder / "README.md").is_file()


def test_recorded_base_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(ConfigError, match="easy"):
        recorded_base("recorded:none")


def test_recorded_base_leaves_other_bases_alone() -> None:
    assert recorded_base("google/paligemma2-3b-pt-448") is None
