"""What a run is trained on and how it fits there; none of it changes what is trained, up to rounding.

Not here: ZeRO stage and offload, which are in the DeepSpeed file; the number of ranks, which the launcher
decides.
"""

import os
import socket
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from vpd.errors import ConfigError

Device = Literal["auto", "cpu", "cuda"]


class Hardware(BaseModel):
    """Device and memory of a run; may change when it is resumed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    device: Device = Field(
        default="auto", description="auto: GPUs if there are any; cuda: a GPU for every rank or an error"
    )
    accumulation: int = Field(
        default=1, ge=1, description="equal parts of a rank's questions, passed one after the other"
    )
    recompute: bool = Field(
        default=False, description="keep no activations of layers, compute them again in the backward pass"
    )
    compile: bool = Field(
        default=False, description="compile the layers: for GPUs, a minute at the start and a faster step"
    )
    length_parts: int = Field(
        default=3,
        ge=1,
        description="parts of like length in which a pass takes the texts of a mode: less padding for more "
        "calls; 1 for a small student on a GPU, which waits for calls, and with ZeRO-3 over slow networks",
    )
    kept_pictures_mb: int = Field(
        default=256,
        ge=0,
        description="memory of a rank for prepared pictures; each takes 110 kB at 96 pixels square",
    )


def choose_device(device: Device, local_rank: int) -> Literal["cpu", "cuda"]:
    """Return where this rank trains; raises ConfigError if it should have a GPU and there is none for it."""
    import torch

    if device == "cpu" or (device == "auto" and not torch.cuda.is_available()):
        return "cpu"
    found = torch.cuda.device_count()
    if local_rank < found:
        return "cuda"
    raise ConfigError(
        f"hardware.device is {device}: {local_rank + 1} ranks of {socket.gethostname()} want a GPU each, "
        f"PyTorch {torch.__version__} sees {found} (CUDA_VISIBLE_DEVICES="
        f"{os.environ.get('CUDA_VISIBLE_DEVICES', 'unset')}): start as many ranks as there are GPUs, "
        "install PyTorch for CUDA and a driver, or choose cpu"
    )
