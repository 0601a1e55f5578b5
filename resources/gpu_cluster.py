"""Where programs and training run, as a Dagster resource.

Programs: the engine of this machine, or workers on a Ray cluster, with the same traces. Which tools they see
with is `resources.vision_tools`.

Training, one protocol for every backend: the training script gets a JSON file, speaks Dagster Pipes, and ends
with a message that is its report. Now there is `local`, ranks on this machine, whatever `programs` says; Ray
and Kubernetes are to come with the same method.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import dagster as dg
from dagster._core.errors import DagsterPipesExecutionError
from pydantic import Field

from resources.vision_tools import VisionToolsResource
from vpd.distill.config import TrainConfig
from vpd.errors import ConfigError, TrainingError

if TYPE_CHECKING:
    from vpd.execution.program_engine import ProgramEngine

_TAIL = 25  # lines of log in an error


class RayPrograms(dg.Config):
    """Workers for programs on a Ray cluster, of which this machine is a node (no Ray client)."""

    address: str = Field(
        default="auto", description="host:port; auto: the cluster that runs here; local: start one"
    )
    workers: int = Field(default=2, ge=1, description="Actors that run programs, a sandbox pool in each")
    worker_cpus: float = Field(default=1.0, ge=0, description="Cores that a worker takes")
    tools: Literal["worker", "shared"] = Field(
        default="worker",
        description="worker: each worker opens the tools; shared: one actor holds them for all workers",
    )
    tool_cpus: float = Field(default=1.0, ge=0, description="Cores of the actor that holds shared tools")
    tool_gpus: float = Field(default=0.0, ge=0, description="GPUs of each process that holds tools")


class GpuClusterResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Runs programs, and the training script on a number of ranks."""

    programs: Literal["local", "ray"] = Field(
        default="local", description="local: programs run on this machine; ray: on the cluster under `ray`"
    )
    ray: RayPrograms = Field(default=RayPrograms(), description="Used if programs is ray")
    backend: Literal["local"] = Field(default="local", description="Training; local: ranks on this machine")
    ranks: int = Field(default=2, ge=1, description="processes that train together, one per GPU or CPU core")
    threads: int = Field(default=1, ge=1, description="CPU threads of each rank")

    @contextmanager
    def open_engine(self, tools: VisionToolsResource, deniable: bool = False) -> Iterator["ProgramEngine"]:
        """Start the engine for programs with these tools, for probes with `deniable` ones.

        Raises ConfigError for unknown tools, a cluster that cannot be reached or Ray not installed,
        SandboxError if the sandbox does not work or no worker starts.
        """
        if self.programs == "local":
            with tools.open(deniable) as engine:
                yield engine
            return
        try:
            from vpd.execution.cluster.engine import open_ray_engine
        except ModuleNotFoundError as error:
            raise ConfigError(
                "gpu_cluster.programs is ray, but Ray is not installed: pip install vpd[ray]"
            ) from error
        from vpd.execution.cluster.settings import ClusterSettings

        cluster = ClusterSettings(**self.ray.model_dump())
        with open_ray_engine(tools.opener(deniable), tools.settings(), cluster) as engine:
            yield engine

    def train(self, context: dg.AssetExecutionContext, config: TrainConfig) -> dict[str, Any]:
        """Train one arm and return its report (`vpd.distill.train.train`), without the history.

        Everything the ranks print goes to `train.log` in the run's folder and, as they report it, to
        Dagster's log. When the Dagster run is cancelled or killed, so are the ranks. Raises TrainingError
        with the end of the log if they fail.
        """
        settings, log = config.output / "config.json", config.output / "train.log"
        config.save(settings)
        log.unlink(missing_ok=True)
        launch = [sys.executable, "-m", "vpd.distill.launch", "--ranks", str(self.ranks)]
        command = [*launch, "--log", str(log), "--config", str(settings)]
        client = dg.PipesSubprocessClient(env={"OMP_NUM_THREADS": str(self.threads)})
        try:
            invocation = client.run(context=context.op_execution_context, command=command)
        except DagsterPipesExecutionError as error:
            raise TrainingError(f"training of {config.arm} failed, see {log}:\n{_tail(log)}") from error
        return dict(invocation.get_custom_messages()[-1])


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.exists() else ["it wrote no log"]
    return "\n".join(lines[-_TAIL:])
