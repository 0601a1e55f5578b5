"""What a training took of its machines: GPU-hours and memory, for the metadata of the run."""

import resource

import torch
from torch import distributed


def usage(seconds: float, device: torch.device) -> dict[str, float]:
    """Return what all ranks took in `seconds` of training on devices of this kind; every rank calls this.

    `gpu_hours` is wall time times GPUs, one per rank, and 0 on the CPU; starting up is not in it, the time
    before an interruption is. `peak_memory_mb` and `peak_gpu_memory_mb` (0 on the CPU) are of the rank that
    needed most.
    """
    on_gpu = device.type == "cuda"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    peak_gpu = torch.cuda.max_memory_allocated(device) / 2**20 if on_gpu else 0.0
    most = torch.tensor([peak, peak_gpu], device=device)
    distributed.all_reduce(most, distributed.ReduceOp.MAX)
    gpus = distributed.get_world_size() if on_gpu else 0
    return {
        "gpu_hours": round(seconds * gpus / 3600, 4),
        "peak_memory_mb": round(most[0].item()),
        "peak_gpu_memory_mb": round(most[1].item()),
    }
