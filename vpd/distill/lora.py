"""LoRA (arXiv 2106.09685): train a low-rank change of linear layers, the rest stays as it is.

By default rank 8 on every linear layer of attention and MLP of the language model, as VPD's generalist does
for its encoder and decoder (section 4); `vision_tower` adds those of the tower. Not here: merging and export
(`vpd.distill.base`, `vpd.distill.export`).
"""

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from torch import nn


class LoraConfig(BaseModel):
    """Which layers change, and how much they can."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rank: int = Field(default=8, ge=1, description="rank of the change of every layer")
    alpha: int = Field(default=16, ge=1, description="the change is multiplied by alpha / rank")
    vision_tower: bool = Field(default=False, description="change the layers of the vision tower as well")


def add_lora(model: Any, config: LoraConfig, seed: int) -> None:
    """Put trainable changes, zero at first, into a model and freeze its own weights.

    Equal seeds give equal weights.
    """
    import peft
    import torch

    torch.manual_seed(seed)
    layers = linear_layers(model, vision_tower=config.vision_tower)
    model.add_adapter(peft.LoraConfig(r=config.rank, lora_alpha=config.alpha, target_modules=layers))


def has_lora(model: "nn.Module") -> bool:
    """Say whether a model has such changes that are not merged."""
    return any(".lora_" in name for name, _ in model.named_parameters())


def linear_layers(model: Any, *, vision_tower: bool) -> list[str]:
    """Return the names of the linear layers of the decoder, or of all but the output layer."""
    from torch import nn

    inside = set((model if vision_tower else model.get_decoder()).modules()) - {model.get_output_embeddings()}
    return [name for name, m in model.named_modules() if isinstance(m, nn.Linear) and m in inside]
