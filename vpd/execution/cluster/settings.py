"""How programs are spread over a Ray cluster. None of this can change a trace."""

from dataclasses import dataclass
from typing import Literal

from vpd.errors import ConfigError

Placement = Literal["worker", "shared"]


@dataclass(frozen=True)
class ClusterSettings:
    """Actors and what each takes of the cluster."""

    address: str = "auto"
    """`host:port` of a cluster this machine is a node of; auto: the one that runs here; local: start one."""
    workers: int = 2
    """Actors that run programs, each with a sandbox and a tool cache of its own."""
    worker_cpus: float = 1.0
    """Cores that a worker takes."""
    tools: Placement = "worker"
    """worker: each worker opens the tools itself; shared: one actor holds them for all workers."""
    tool_cpus: float = 1.0
    """Cores of the actor that holds shared tools."""
    tool_gpus: float = 0.0
    """GPUs of each process that holds tools."""
    chunk: int = 256
    """Programs that are sent to a worker at once; several times `in_flight`, or its batches run thin."""
    start_seconds: float = 300.0
    """Time for the first worker to start; a cluster may have to grow for it."""

    def __post_init__(self) -> None:
        if self.workers < 1 or self.chunk < 1:
            raise ConfigError("a Ray engine needs at least 1 worker and chunks of at least 1 program")
        if min(self.worker_cpus, self.tool_cpus, self.tool_gpus) < 0 or self.start_seconds <= 0:
            raise ConfigError("cores and GPUs of an actor are 0 or more, start_seconds more than 0")
        if self.address.startswith("ray://"):
            raise ConfigError(
                f"{self.address} is a Ray client address: run this process on a node of the cluster and give "
                "auto or host:port, so that pictures go to the object store without a detour"
            )
