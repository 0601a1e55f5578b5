"""What a training run tells while it runs: a line on screen, metrics in MLflow, messages to Dagster.

Only rank 0 reports. A tracking server that goes away does not stop the training: what it missed is sent
again with the next report, and with the last one.
"""

import sys
import time

from dagster_pipes import PipesContext

from vpd.distill.config import MlflowConfig, TrainConfig
from vpd.distill.machine import Machine
from vpd.errors import RegistryError
from vpd.evaluation.tracking import Tracking, run_identity

Record = dict[str, float]


class MlflowRun:
    """The MLflow run of one training run, found again by its fingerprint after an interruption."""

    def __init__(self, where: MlflowConfig, config: TrainConfig, fingerprint: str) -> None:
        """Find or start the run; raises RegistryError if MLflow cannot be reached."""
        self.tracking = Tracking(where.tracking_uri, where.experiment)
        identity = run_identity(config.arm, fingerprint)
        self.run_id = self.tracking.find_or_start_run(where.run_name or config.arm, identity)
        self.tracking.describe(self.run_id, where.tags, config.method())
        self.machine = Machine()

    def send(self, history: list[Record]) -> None:
        """Log the records that are not logged yet; a failure is told and made good at the next call."""
        try:
            self.tracking.log_history(self.run_id, history)
        except RegistryError as error:
            print(f"warning: {error}", file=sys.stderr, flush=True)

    def finish(self) -> None:
        """Mark the run finished; a failure is told, the trained model stays good."""
        try:
            self.tracking.end_run(self.run_id)
        except RegistryError as error:
            print(f"warning: {error}", file=sys.stderr, flush=True)


class Progress:
    """Reports of one run. `history` holds one record a step: step, loss, loss of each mode, lr, validation.

    A quiet one, for ranks other than 0, keeps the history only.
    """

    def __init__(
        self,
        config: TrainConfig,
        history: list[Record],
        *,
        mlflow: MlflowRun | None = None,
        pipes: PipesContext | None = None,
        quiet: bool = False,
    ) -> None:
        self.config, self.history, self.quiet = config, history, quiet
        self.mlflow, self.pipes = mlflow, pipes
        self.started, self.first = time.monotonic(), len(history)

    @property
    def questions_per_second(self) -> float:
        """Questions trained on per second since this process began to train, over all ranks."""
        steps = len(self.history) - self.first
        return steps * self.config.batch_size / max(1e-9, time.monotonic() - self.started)

    def record(self, record: Record) -> None:
        """Take the record of a step and report when it is time."""
        self.history.append(record)
        step = len(self.history)
        if self.quiet or (step % self.config.log_every and step != self.config.steps):
            return
        record["questions_per_second"] = self.questions_per_second
        if self.mlflow is not None:
            record |= self.mlflow.machine.measure()
        line = self._line(record)
        print(line, flush=True)
        if self.pipes is not None:
            self.pipes.log.info(line)
        if self.mlflow is not None:
            self.mlflow.send(self.history)

    def finish(self) -> None:
        """Send what is left to MLflow and mark its run finished."""
        if self.mlflow is None:
            return
        self.mlflow.send(self.history)
        self.mlflow.finish()

    def _line(self, record: Record) -> str:
        step, steps = len(self.history), self.config.steps
        left = (steps - step) * self.config.batch_size / self.questions_per_second
        names = ("answer", "rationale", "val_answer", "val_rationale", "val_accuracy")
        losses = "  ".join(f"{name} {record[name]:.3f}" for name in names if name in record)
        speed = f"{self.questions_per_second:.0f} questions/s"
        return f"{self.config.arm} {step}/{steps}  {losses}  {speed}  {left // 60:.0f}:{left % 60:02.0f} left"
