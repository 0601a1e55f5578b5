"""A vision-language model with its processor: loaded by hub id or folder, and saved.

A folder may hold a whole model or a LoRA adapter, which names its base and is merged into it. Nothing is
trained that does not fit together: the processor must be of a supported family and write as many placeholders
as the model makes image features, and the weights must be the ones the configuration asks for.
"""

import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from safetensors import SafetensorError, safe_open
from torch import nn
from transformers import AutoConfig, AutoModelForImageTextToText

from vpd.distill.adapters.families import adapter_for
from vpd.distill.adapters.loading import first_line, load_processor
from vpd.distill.features import image_features
from vpd.distill.lora import LoraConfig, add_lora
from vpd.errors import ConfigError

_ADAPTER = "adapter_config.json"
_SHAPES = ((64, 64), (200, 100))  # a square and a wide picture: some processors cut these differently


@dataclass(frozen=True)
class Vlm:
    """A vision-language model with the processor that belongs to it."""

    model: nn.Module
    processor: Any

    def save(self, folder: Path, weights: dict[str, torch.Tensor] | None = None) -> None:
        """Write safetensors, configuration and processor; of a model with LoRA, the adapter alone."""
        self.model.save_pretrained(folder, state_dict=weights)  # type: ignore[operator]
        self.processor.save_pretrained(folder)


def load_student(source: str, dtype: torch.dtype | None = None) -> Vlm:
    """Load a model by hub id or folder, in its own precision or another.

    Raises ConfigError if there is none, if it or its processor is of a kind that is not supported, or if
    model, weights and processor do not belong together.
    """
    if (Path(source) / _ADAPTER).is_file():
        return _load_adapter(Path(source), dtype)
    try:
        config = AutoConfig.from_pretrained(source)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"base {source!r} is no model that can be read ({first_line(error)}): give the id of a model on "
            "the hub, or a folder with config.json, weights and processor"
        ) from error
    processor = load_processor(source, config)
    adapter_for(processor)
    vlm = Vlm(_load_model(source, dtype), processor)
    _check_placeholders(source, vlm)
    return vlm


def load_base(source: str, lora: LoraConfig | None, seed: int) -> Vlm:
    """Load a model to be trained, in full precision, with LoRA if asked for; raises like `load_student`."""
    vlm = load_student(str(Path(source).resolve()) if Path(source).is_dir() else source, torch.float32)
    if lora is not None:
        add_lora(vlm.model, lora, seed)
    return vlm


def _load_model(source: str, dtype: torch.dtype | None) -> nn.Module:
    try:
        model, report = AutoModelForImageTextToText.from_pretrained(
            source, dtype=dtype or "auto", output_loading_info=True
        )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise ConfigError(
            f"base {source!r} cannot be loaded as an image-text-to-text model ({first_line(error)}): its "
            "weights must be whole and of the model that its config.json describes"
        ) from error
    missing = sorted(report["missing_keys"])
    if missing:
        raise ConfigError(
            f"base {source!r} holds the weights of another model: {len(missing)} are missing, such as "
            f"{missing[0]}; put weights and config.json of one model into the folder"
        )
    return model  # type: ignore[no-any-return]


def _load_adapter(folder: Path, dtype: torch.dtype | None) -> Vlm:
    """Load the base that an adapter names, with the adapter merged."""
    import peft

    base = str(json.loads((folder / _ADAPTER).read_text())["base_model_name_or_path"])
    vlm = load_student(base, dtype)
    with safe_open(folder / "adapter_model.safetensors", "pt") as file:
        keys = list(file.keys())
    layers = {key.removeprefix("base_model.model.").rpartition(".lora_")[0] for key in keys}
    strange = sorted(layers - {name for name, _ in vlm.model.named_modules()})
    try:
        if strange:
            raise ValueError(f"it changes {strange[0]}, which the base does not have")
        with warnings.catch_warnings():  # peft 0.21 asks for an attribute by the name it had before
            warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
            merged = peft.PeftModel.from_pretrained(vlm.model, folder).merge_and_unload()
    except (ValueError, RuntimeError) as error:
        raise ConfigError(
            f"adapter {folder} is of another model than its base {base!r} ({first_line(error)}): correct "
            f"base_model_name_or_path in {_ADAPTER}"
        ) from error
    return Vlm(merged, vlm.processor)


def _check_placeholders(source: str, vlm: Vlm) -> None:
    """Look at two blank pictures."""
    images = [Image.new("RGB", shape, "white") for shape in _SHAPES]
    try:
        with torch.no_grad():
            image_features(vlm.model, adapter_for(vlm.processor).pictures(images))
    except (ValueError, RuntimeError, TypeError) as error:
        raise ConfigError(
            f"base {source!r}: the model cannot look at what its processor makes of a picture "
            f"({first_line(error)}): take the processor that belongs to the model"
        ) from error
