"""Where programs and training run, as a Dagster resource.

Programs: the engine of this machine, or workers on a Ray cluster, with the same traces. Which tools they see
with is `resources.vision_tools`.

Training, one protocol for every backend: the training script gets a JSON file, speaks Dagster Pipes, and
leaves a report. `local`: ranks on this machine; `ray`, `kubernetes`: a job of a cluster
(`vpd.distill.cluster`), with the run's folder shared by Dagster's machine and the nodes. Where programs run
has no bearing on it.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import dagster as dg
from dagster._core.errors import DagsterPipesExecutionError
from pydantic import Field

from resources.training_jobs import run_job
from resources.vision_tools import VisionToolsResource
from vpd.distill.cluster.follow import tail
from vpd.distill.cluster.job import Cluster, ranks_of_a_node
from vpd.distill.cluster.kubernetes import KubernetesCluster
from vpd.distill.cluster.kubernetes_spec import KubernetesSpec
from vpd.distill.cluster.ray_jobs import RayCluster
from vpd.distill.config import TrainConfig
from vpd.errors import ConfigError, TrainingError

if TYPE_CHECKING:
    from vpd.execution.program_engine import ProgramEngine


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


class RayTraining(dg.Config):
    """A Ray cluster that takes trainings as jobs; this machine need not be a node of it."""

    address: str = Field(
        default="http://127.0.0.1:8265", description="Job server; the head needs ray[default]"
    )
    python: str = Field(default="python", description="Command that starts Python, with vpd, on the nodes")
    start_seconds: float = Field(default=600.0, gt=0, description="Time for the nodes to be free")
    server_seconds: float = Field(
        default=60.0, gt=0, description="Time for the job server to be up and to take a job"
    )


class GpuClusterResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Runs programs, and the training script on a number of ranks."""

    programs: Literal["local", "ray"] = Field(
        default="local", description="local: programs run on this machine; ray: on the cluster under `ray`"
    )
    ray: RayPrograms = Field(default=RayPrograms(), description="Used if programs is ray")
    backend: Literal["local", "ray", "kubernetes"] = Field(
        default="local", description="Training; local: ranks on this machine; others: a job of that cluster"
    )
    ranks: int = Field(default=2, ge=1, description="processes that train together, one per GPU or CPU core")
    threads: int = Field(default=1, ge=1, description="CPU threads of each rank")
    nodes: int = Field(default=1, ge=1, description="Machines of a cluster over which the ranks are divided")
    rank_gpus: int = Field(
        default=0, ge=0, le=1, description="GPUs that a cluster gives each rank; local takes those it finds"
    )
    ray_training: RayTraining = Field(default=RayTraining(), description="Used if backend is ray")
    kubernetes_file: str = Field(
        default="", description="TOML file of a KubernetesSpec; used if backend is kubernetes"
    )

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

        What the ranks print goes to `train.log` in the run's folder and, as they report it, to Dagster's
        log. When the Dagster run is cancelled, so are the ranks. Raises TrainingError with the end of the log
        if they fail or their job is lost, ConfigError for a cluster that cannot be reached or refuses.
        """
        config.save(config.output / "config.json")
        (config.output / "train.log").unlink(missing_ok=True)
        if self.backend == "local":
            return self._train_here(context, config)
        ranks = ranks_of_a_node(self.ranks, self.nodes)
        shape = {"nodes": self.nodes, "ranks": ranks, "gpus": ranks * self.rank_gpus, "threads": self.threads}
        return run_job(context, self._cluster(), config, **shape)

    def _train_here(self, context: dg.AssetExecutionContext, config: TrainConfig) -> dict[str, Any]:
        if self.nodes > 1:
            raise ConfigError(f"gpu_cluster: backend local is one machine, not {self.nodes} nodes")
        settings, log = config.output / "config.json", config.output / "train.log"
        launch = [sys.executable, "-m", "vpd.distill.launch", "--ranks", str(self.ranks)]
        command = [*launch, "--log", str(log), "--config", str(settings)]
        client = dg.PipesSubprocessClient(env={"OMP_NUM_THREADS": str(self.threads)})
        try:
            invocation = client.run(context=context.op_execution_context, command=command)
        except DagsterPipesExecutionError as error:
            raise TrainingError(f"training of {config.arm} failed, see {log}:\n{tail(log)}") from error
        return dict(invocation.get_custom_messages()[-1])

    def _cluster(self) -> Cluster:
        if self.backend == "ray":
            return RayCluster(**self.ray_training.model_dump())
        if not self.kubernetes_file:
            raise ConfigError(
                "gpu_cluster.backend is kubernetes, but no kubernetes_file is named; write one like "
                "infra/kubernetes/training.toml"
            )
        return KubernetesCluster(KubernetesSpec.load(Path(self.kubernetes_file)))
