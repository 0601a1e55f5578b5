"""What a training run tells while it runs: a line on screen, metrics in MLflow, messages to Dagster.

Only rank 0 reports. MLflow can be down at the start, in the middle or at the end: that is told once, the
training goes on, and what MLflow missed is sent with a later report. What is still missing at the end is in
`training.json`, from which registration completes the run (`vpd.evaluation.run_page`).
"""

import sys
import time
from collections.abc import Callable

from dagster_pipes import PipesContext

from vpd.distill.config import MlflowConfig, TrainConfig
from vpd.distill.machine import Machine
from vpd.evaluation.tracking import Tracking, run_identity

_PAUSE = 60.0  # seconds until MLflow is asked again after a failure, which may have cost five

Record = dict[str, float]


class MlflowRun:
    """The MLflow run of one training run, found again by its fingerprint after an interruption.

    `run_id` is None as long as MLflow could not be asked for it. No failure of MLflow is raised.
    """

    def __init__(
        self, where: MlflowConfig, config: TrainConfig, fingerprint: str, pause: float = _PAUSE
    ) -> None:
        self.tracking = Tracking(where.tracking_uri, where.experiment)
        self.where, self.config, self.fingerprint, self.pause = where, config, fingerprint, pause
        self.machine = Machine()
        self.run_id: str | None = None
        self._fails, self._next = False, 0.0
        self.send([])

    def send(self, history: list[Record]) -> None:
        """Log the records that are not logged yet, unless MLflow has just failed."""
        if time.monotonic() >= self._next:
            self._ask(lambda run_id: self.tracking.log_history(run_id, history))

    def end(self, history: list[Record], failure: str | None = None) -> None:
        """Log what is left and mark the run finished, or failed for a reason."""

        def close(run_id: str) -> None:
            self.tracking.log_history(run_id, history)
            self.tracking.end_run(run_id, failure)

        self._ask(close)

    def _ask(self, act: Callable[[str], None]) -> None:
        try:
            if self.run_id is None:
                self.run_id = self._open()
            act(self.run_id)
            self._fails = False
        except Exception as error:  # whatever MLflow raises: the training is worth more than its log
            self._next = time.monotonic() + self.pause
            if not self._fails:
                print(
                    f"warning: MLflow at {self.where.tracking_uri} fails ({error.__cause__ or error}). "
                    "Training goes on; MLflow gets what it missed when it is back, or at registration",
                    file=sys.stderr,
                    flush=True,
                )
            self._fails = True

    def _open(self) -> str:
        identity = run_identity(self.config.arm, self.fingerprint)
        run_id = self.tracking.find_or_start_run(self.where.run_name or self.config.arm, identity)
        self.tracking.reopen_run(run_id)
        self.tracking.describe(run_id, self.where.tags, self.config.method())
        return run_id


class Progress:
    """Reports of one run. `history` holds one record a step: step, loss, loss of each mode, lr, validation.

    A record with a validation tells the seconds trained before it, without those before an interruption that
    no checkpoint knows of.

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

    def end(self, failure: str | None = None) -> None:
        """Send what is left to MLflow and mark its run finished, or failed for a reason."""
        if self.mlflow is not None:
            self.mlflow.end(self.history, failure)

    def _line(self, record: Record) -> str:
        step, steps = len(self.history), self.config.steps
        left = (steps - step) * self.config.batch_size / self.questions_per_second
        names = ("answer", "rationale", "preference", "reward_accuracy")
        shown = (*names, *(f"val_{name}" for name in (*names, "accuracy")))
        losses = "  ".join(f"{name} {record[name]:.3f}" for name in shown if name in record)
        speed = f"{self.questions_per_second:.0f} questions/s"
        return f"{self.config.arm} {step}/{steps}  {losses}  {speed}  {left // 60:.0f}:{left % 60:02.0f} left"
