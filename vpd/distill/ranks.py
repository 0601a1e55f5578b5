"""The processes that train together: joined as a launcher says, GPUs over NCCL or CPUs over gloo."""

import logging
import os
import socket

from torch import distributed

from vpd.distill.data import Part
from vpd.distill.hardware import Device, choose_device
from vpd.errors import ConfigError


def start_ranks(device: Device = "auto") -> Part:
    """Join the process group that the launcher describes; without a launcher, be the only rank.

    Raises ConfigError if a GPU is demanded and there is none, or if the ranks cannot meet at the address
    that the launcher gave.
    """
    place = choose_device(device, int(os.environ.get("LOCAL_RANK", "0")))
    if place == "cpu":
        os.environ.setdefault("DS_ACCELERATOR", "cpu")
        os.environ.setdefault("TORCHDYNAMO_DISABLE", "1")  # else DeepSpeed loads the compiler: 3 s, unused
    if "RANK" not in os.environ:
        os.environ.update(RANK="0", LOCAL_RANK="0", WORLD_SIZE="1", MASTER_ADDR="127.0.0.1")
        os.environ["MASTER_PORT"] = str(_free_port())
    logging.getLogger("DeepSpeed").setLevel(logging.WARNING)
    import deepspeed

    if place == "cpu":
        _skip_compilation()
    try:
        deepspeed.init_distributed(dist_backend="nccl" if place == "cuda" else "gloo", verbose=False)
    except distributed.DistNetworkError as error:
        address = f"{os.environ['MASTER_ADDR']}:{os.environ['MASTER_PORT']}"
        raise ConfigError(
            f"rank {os.environ['RANK']} of {os.environ['WORLD_SIZE']} cannot meet the others at {address} "
            f"({str(error).splitlines()[0]}): stop what uses the port or give the launcher another "
            "(MASTER_PORT), and see that every machine reaches MASTER_ADDR"
        ) from error
    return Part(distributed.get_rank(), distributed.get_world_size())


def stop_ranks() -> None:
    """Leave the process group, if one was joined."""
    if distributed.is_initialized():
        distributed.destroy_process_group()


def _skip_compilation() -> None:
    """Keep DeepSpeed from compiling its shared-memory collectives (over a minute); gloo does their work.

    This sets a private table of DeepSpeed 0.19; a test sees to it that nothing is compiled.
    """
    import deepspeed.ops

    deepspeed.ops.__compatible_ops__ = {}


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
