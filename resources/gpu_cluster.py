"""Where training runs, as a Dagster resource.

One protocol for every backend: the training script gets a JSON file, speaks Dagster Pipes, and ends with a
message that is its report. Now there is `local`, ranks on this machine; Ray and Kubernetes are to come with
the same method.
"""

import sys
from pathlib import Path
from typing import Any, Literal

import dagster as dg
from dagster._core.errors import DagsterPipesExecutionError
from pydantic import Field

from vpd.distill.config import TrainConfig
from vpd.errors import TrainingError

_TAIL = 25  # lines of log in an error


class GpuClusterResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Runs the training script on a number of ranks."""

    backend: Literal["local"] = Field(default="local", description="local: ranks on this machine")
    ranks: int = Field(default=2, ge=1, description="processes that train together, one per GPU or CPU core")
    threads: int = Field(default=1, ge=1, description="CPU threads of each rank")

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
