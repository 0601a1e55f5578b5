"""The embedded student and its tokenizer."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vpd.distill.base import load_student
from vpd.distill.config import StudentConfig, TrainConfig
from vpd.distill.student import SPECIAL, build_student, train_tokenizer
from vpd.errors import ConfigError

TEXTS = ["How many red cubes are there?", "I see one at [10 20 30 40]. The answer is 1."] * 2
TOKENIZER = train_tokenizer(TEXTS, 400)


@given(st.text().filter(lambda text: not any(special in text for special in SPECIAL)))
def test_tokenizer_any_text_comes_back_unchanged(text: str) -> None:
    ids = TOKENIZER(text, add_special_tokens=False)["input_ids"]
    assert TOKENIZER.decode(ids) == text


def test_tokenizer_order_of_texts_does_not_matter() -> None:
    assert train_tokenizer(TEXTS[::-1], 400).get_vocab() == TOKENIZER.get_vocab()


def test_build_student_equal_seeds_give_equal_weights(config: Callable[..., TrainConfig]) -> None:
    size = config().student
    one, same, other = (build_student(size, TEXTS, seed).model.state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


def test_build_student_default_size_is_that_of_a_laptop() -> None:
    model = build_student(StudentConfig(), TEXTS, 0).model
    assert 1e6 < sum(p.numel() for p in model.parameters()) < 4e6


def test_load_student_a_saved_one_has_its_weights_and_tokens(
    config: Callable[..., TrainConfig], tmp_path: Path
) -> None:
    built = build_student(config().student, TEXTS, 0)
    built.save(tmp_path / "model")
    loaded = load_student(str(tmp_path / "model"))
    weights = loaded.model.state_dict()
    assert all(torch.equal(weights[name], tensor) for name, tensor in built.model.state_dict().items())
    assert loaded.processor.tokenizer(TEXTS[0]) == built.processor.tokenizer(TEXTS[0])


def test_load_student_a_folder_without_model_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="base"):
        load_student(str(tmp_path))
