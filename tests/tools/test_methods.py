"""A method's definition says what is wrong with it."""

from typing import Any

import pytest

from vpd.errors import ConfigError
from vpd.tools.api_text import api_text
from vpd.tools.image_patch import ImagePatch
from vpd.tools.methods import IMAGE_PATCH, Method


def no_docstring(self: Any, name: str) -> str: ...


def odd_parameter(self: Any, name: dict[str, str]) -> str:
    """Have a parameter that no program can give."""
    ...


def odd_result(self: Any) -> dict[str, str]:
    """Return what no program can get."""
    ...


def with_default(self: Any, name: str = "x") -> str:
    """Have a default."""
    ...


def without_self() -> str:
    """Have no self."""
    ...


def _hidden(self: Any) -> str:
    """Have no public name."""
    ...


def find_eyes(self: Any, color: str) -> list[ImagePatch]:
    """Return the eyes of this color: find_eyes("green")."""
    ...


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (no_docstring, "docstring"),
        (odd_parameter, "name"),
        (odd_result, "list\\[ImagePatch\\]"),
        (with_default, "without defaults"),
        (without_self, "self"),
        (_hidden, "public name"),
        (find_eyes, "names"),
    ],
)
def test_method_with_a_wrong_definition_is_refused(function: Any, says: str) -> None:
    with pytest.raises(ConfigError, match=f"{function.__name__}.*{says}"):
        Method.of(function, "test")


def test_method_sentence_with_an_unknown_slot_is_refused() -> None:
    with pytest.raises(ConfigError, match="colour"):
        Method.of(find_eyes, "test", names="{colour} eye")


def test_method_that_returns_patches_names_them_by_its_arguments() -> None:
    method = Method.of(find_eyes, "detect", names="{color} eye")
    assert method.returns_patches
    assert method.named(("green",)) == "green eye"
    assert "find_eyes" in api_text([method])


def test_every_built_in_method_is_in_the_api_text() -> None:
    text = api_text(IMAGE_PATCH.values())
    assert all(f"def {name}(self" in text for name in IMAGE_PATCH)
    assert "def find(" not in api_text([])
    assert "def crop(" in api_text([])
