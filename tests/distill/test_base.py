"""What is no base for a student is refused, before anything is trained, with what to do."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers as tf

from tests.distill.families import VIDEO, build, text, tokenizer
from vpd.distill.adapters.families import adapter_for
from vpd.distill.base import load_base, load_student
from vpd.errors import ConfigError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A saved Idefics3."""
    build("idefics3").save(tmp_path)
    return tmp_path


def edit(file: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))


def test_load_a_hub_id_that_does_not_exist_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ConfigError, match="nobody/no-such-model"):
        load_student("nobody/no-such-model")


@pytest.mark.parametrize("file_is_there", [True, False])
def test_load_a_model_without_an_image_processor_says_so(folder: Path, file_is_there: bool) -> None:
    edit(folder / "processor_config.json", lambda content: content.pop("image_processor"))
    if not file_is_there:
        (folder / "processor_config.json").unlink()
    with pytest.raises(ConfigError, match="no image processor"):
        load_student(str(folder))


def test_load_a_model_without_a_tokenizer_says_so(folder: Path) -> None:
    for file in folder.glob("tokenizer*"):
        file.unlink()
    with pytest.raises(ConfigError, match="no tokenizer"):
        load_student(str(folder))


def test_load_a_processor_with_another_number_of_placeholders_tells_both_numbers(folder: Path) -> None:
    edit(folder / "processor_config.json", lambda content: content.update(image_seq_len=5))
    with pytest.raises(ConfigError, match=r"40 placeholders .* 32 image features"):
        load_student(str(folder))


def test_load_a_processor_of_another_picture_size_is_refused(folder: Path) -> None:
    sizes = {"size": {"longest_edge": 48}, "max_image_size": {"longest_edge": 48}}
    edit(folder / "processor_config.json", lambda content: content["image_processor"].update(sizes))
    with pytest.raises(ConfigError, match="processor that belongs"):
        load_student(str(folder))


def test_load_weights_with_layers_missing_are_of_another_model(folder: Path) -> None:
    edit(folder / "config.json", lambda content: content["text_config"].update(num_hidden_layers=3))
    with pytest.raises(ConfigError, match=r"another model.*layers\.2"):
        load_student(str(folder))


def test_load_weights_of_other_sizes_are_refused(folder: Path) -> None:
    edit(folder / "config.json", lambda content: content["text_config"].update(intermediate_size=64))
    with pytest.raises(ConfigError, match="weights must be"):
        load_student(str(folder))


def test_load_damaged_weights_are_refused(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ConfigError, match="weights must be"):
        load_student(str(folder))


def test_load_a_language_model_is_refused(tmp_path: Path) -> None:
    words = tokenizer()
    words.save_pretrained(tmp_path)
    tf.LlamaForCausalLM(tf.LlamaConfig(**text(words))).save_pretrained(tmp_path)
    with pytest.raises(ConfigError, match="image-text-to-text"):
        load_student(str(tmp_path))


def test_adapter_of_an_unknown_processor_lists_the_known_ones() -> None:
    class UnknownProcessor:
        """A processor of a family that is not supported."""

    with pytest.raises(ConfigError, match=r"UnknownProcessor.*PaliGemmaProcessor"):
        adapter_for(UnknownProcessor())


def test_adapter_of_a_chat_processor_without_template_says_how_to_get_one() -> None:
    processor = build("llava").processor
    processor.chat_template = None
    with pytest.raises(ConfigError, match="chat template"):
        adapter_for(processor)


def test_load_base_is_in_full_precision_whatever_the_file(tmp_path: Path) -> None:
    vlm = build("llava")
    vlm.model.to(torch.bfloat16)
    vlm.save(tmp_path)
    assert next(load_student(str(tmp_path)).model.parameters()).dtype is torch.bfloat16
    assert {p.dtype for p in load_base(str(tmp_path), None, 0).model.parameters()} == {torch.float32}


def test_load_and_save_keeps_settings_of_videos_that_are_not_read(tmp_path: Path) -> None:
    build("qwen3_vl").save(tmp_path / "one")
    load_student(str(tmp_path / "one")).save(tmp_path / "two")
    saved = json.loads((tmp_path / "two" / "processor_config.json").read_text())
    assert saved["video_processor"].items() >= VIDEO.items()
    assert saved["processor_class"] == "Qwen3VLProcessor"
