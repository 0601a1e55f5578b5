"""Watch a job of a cluster to its end: keep its log, cancel it if the watching ends early, tell failures.

A cluster that does not answer for a while is borne, since the training goes on without us.
"""

import time
from pathlib import Path

from vpd.distill.cluster.job import State, Submitted
from vpd.errors import TrainingError

_TAIL = 25  # lines of log in an error


def follow(job: Submitted, log: Path, *, every: float, patience: float) -> None:
    """Wait until a job has succeeded, asking once in `every` seconds; `log` is what it has printed so far.

    Raises TrainingError with the end of the log if the job fails, if the cluster no longer knows it, or if
    the cluster has not answered for `patience` seconds. Any other exception, an interruption say, cancels
    the job and goes on.
    """
    try:
        state = _end(job, log, every, patience)
    except BaseException:
        _cancel(job)
        raise
    if state.failure:
        raise TrainingError(f"job {job.name} failed: {state.failure}; see {log}:\n{tail(log)}")


def _end(job: Submitted, log: Path, every: float, patience: float) -> State:
    answered = time.monotonic()
    while True:
        try:
            state = job.state()
            _keep(job.log(), log)
            answered = time.monotonic()
        except ConnectionError as error:
            if time.monotonic() - answered > patience:
                lost = f"job {job.name} is lost, the cluster has not answered for {patience:g} s: {error}"
                raise TrainingError(f"{lost}; see {log}:\n{tail(log)}") from error
        else:
            if not state.running:
                return state
        time.sleep(every)


def _keep(text: str, log: Path) -> None:
    """Write what the cluster still has; a pod that is gone takes its log along, and ours stays."""
    if text:
        log.write_text(text, errors="replace")


def _cancel(job: Submitted) -> None:
    try:
        job.cancel()
    except ConnectionError:  # what ended the watching is the news
        return


def tail(log: Path) -> str:
    """Return the last lines of a log file."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else ["it wrote no log"]
    return "\n".join(lines[-_TAIL:])
