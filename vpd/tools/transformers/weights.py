"""A model's weights and processor: how they are loaded, what they are called, and what room they take."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from vpd.errors import ConfigError, ModelFileError, ToolError
from vpd.tools.hub import Dtype
from vpd.tools.transformers.files import ModelFiles


@dataclass(frozen=True)
class Loaded:
    """A model in evaluation mode and the processor that belongs to it."""

    network: Any
    processor: Any

    @property
    def nbytes(self) -> int:
        """Bytes of parameters and buffers."""
        return weight_bytes(self.network)

    def inputs(self, values: Any) -> dict[str, torch.Tensor]:
        """Return tensors on the model's device, those of floats in its type."""
        device, dtype = self.network.device, self.network.dtype
        return {
            name: value.to(device, dtype if value.is_floating_point() else None)
            for name, value in values.items()
        }


@dataclass(frozen=True)
class Weights:
    """What to load where. Equal ones are the same weights, whichever methods they answer."""

    files: ModelFiles
    model_class: Any
    processor_class: Any
    device: str
    dtype: Dtype

    @property
    def name(self) -> str:
        """The model's hub id or folder name."""
        return self.files.name

    def load(self) -> Loaded:
        """Load into main memory. Raises ModelFileError.

        Pictures are prepared by Pillow even where torchvision is installed: it gives slightly other pixels.
        """
        processor = self.files.load(self.processor_class, backend="pil")
        network = self.files.load(self.model_class, dtype=getattr(torch, self.dtype))
        return Loaded(network.eval(), processor)

    def place(self, loaded: Loaded) -> Loaded:
        """Move to the device. Raises ToolError if it has too little memory."""
        try:
            return Loaded(loaded.network.to(self.device), loaded.processor)
        except torch.OutOfMemoryError as error:
            raise ToolError(
                f"{self.name} does not fit into the memory of {self.device}: lower memory_gb, so that other "
                "models make room, or take a smaller model"
            ) from error

    def check(self) -> int:
        """Load the processor and build the network without weights; return the bytes that they will take.

        Raises ModelFileError, so that what is missing is known before anything runs.
        """
        self.files.load(self.processor_class, backend="pil")
        try:
            with torch.device("meta"):
                network = self.model_class.from_config(self.files.config, dtype=getattr(torch, self.dtype))
        except (ImportError, ValueError, OSError) as error:
            said = str(error).strip().split("\n", 1)[0]
            raise ModelFileError(f"cannot build the model {self.name!r}: {said}") from error
        return weight_bytes(network)


def weight_bytes(network: nn.Module) -> int:
    """Return the bytes of all parameters and buffers, shared ones once."""
    return sum(t.nbytes for t in (*network.parameters(), *network.buffers()))


def check_device(device: str) -> None:
    """Raise ConfigError if torch has no such device here."""
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        said = str(error).split("\n", 1)[0]
        raise ConfigError(f'torch cannot use the device {device!r}: {said}; device = "cpu" works') from error
