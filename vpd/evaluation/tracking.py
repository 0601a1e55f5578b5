"""MLflow through its plain client: an experiment, and runs that are found again instead of started twice.

Nothing here changes MLflow's global state. Not here: what a page of a run shows (`vpd.evaluation.run_page`),
the model registry (`vpd.evaluation.registry`).
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from vpd.errors import ConfigError, RegistryError
from vpd.evaluation.code_version import code_tags

if TYPE_CHECKING:
    from mlflow import MlflowClient

_SQLITE = "sqlite:///"
_PATIENCE = 5.0  # seconds until a tracking server counts as down; the client itself would retry for minutes
_METRICS = 1000  # MLflow's limit for one call
_PARAM = 500  # characters of a parameter that are kept
_TAG = 5000  # and of a tag
_KIND = {"mlflow.experimentKind": "custom_model_development"}  # the UI shows training runs, not prompts
STEP = "step"
FAILURE = "vpd.failure"


@dataclass(frozen=True)
class Tracking:
    """One experiment of one MLflow tracking store: `sqlite:///path` or the address of a server."""

    uri: str
    experiment: str = "vpd"

    def __post_init__(self) -> None:
        if urlsplit(self.uri).password:
            raise ConfigError(
                "the MLflow address holds a password, and the address is kept with every run: put user and "
                "password in MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
            )

    def client(self) -> "MlflowClient":
        """Connect; raises RegistryError if MLflow cannot be reached."""
        from mlflow import MlflowClient

        with self.errors("connect"):
            if self.uri.startswith("http"):
                httpx.get(f"{self.uri.rstrip('/')}/health", timeout=_PATIENCE).raise_for_status()
            if self.uri.startswith(_SQLITE):
                self._folder().mkdir(parents=True, exist_ok=True)
            return MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)

    def experiment_id(self) -> str:
        """Return the experiment's id, creating it first if need be.

        Beside a SQLite file artifacts go to `mlruns` in its folder; a server knows where it keeps them.
        """
        from mlflow.exceptions import MlflowException

        client = self.client()
        with self.errors(f"open experiment {self.experiment!r}"):
            found = client.get_experiment_by_name(self.experiment)
            if found is None:
                artifacts = (self._folder() / "mlruns").as_uri() if self.uri.startswith(_SQLITE) else None
                try:
                    return str(client.create_experiment(self.experiment, artifacts, _KIND))
                except MlflowException:  # another process was faster
                    found = client.get_experiment_by_name(self.experiment)
                    if found is None:
                        raise
            return str(found.experiment_id)

    def find_or_start_run(self, name: str, identity: Mapping[str, str]) -> str:
        """Return the id of the newest run whose tags include `identity`, or of a new one.

        A new run is also tagged with the code that starts it.
        """
        client, experiment = self.client(), self.experiment_id()
        wanted = " and ".join(f"tags.`{key}` = '{value}'" for key, value in sorted(identity.items()))
        with self.errors(f"find or start run {name!r}"):
            runs = client.search_runs([experiment], wanted, max_results=1)
            if not runs:
                run = client.create_run(experiment, run_name=name, tags={**identity, **code_tags()})
                return str(run.info.run_id)
            return str(runs[0].info.run_id)

    def describe(self, run_id: str, tags: Mapping[str, str], method: Mapping[str, Any]) -> None:
        """Set tags of a run, and parameters it does not have yet: a nested one as `outer.inner`.

        A parameter's text is cut at 500 letters.
        """
        from mlflow.entities import Param, RunTag

        client = self.client()
        with self.errors("log parameters"):
            known = client.get_run(run_id).data.params
            params = [Param(n, str(value)[:_PARAM]) for n, value in _flat(method) if n not in known]
            client.log_batch(run_id, params=params, tags=[RunTag(k, v) for k, v in tags.items()])

    def log_history(self, run_id: str, history: Sequence[Mapping[str, float]]) -> None:
        """Log the records of those steps that the run does not have yet, at most; again, it changes nothing.

        A record has `step` and its metrics by name; `step` is logged last, so a record is there or not.
        """
        from mlflow.entities import Metric

        client = self.client()
        with self.errors("log metrics"):
            run = client.get_run(run_id)
            known, now = run.data.metrics.get(STEP, 0), _now()
            batch: list[Metric] = []
            for record in (r for r in history if r[STEP] > known):
                metrics = [Metric(name, value, now, int(record[STEP])) for name, value in record.items()]
                if len(batch) + len(metrics) > _METRICS:
                    client.log_batch(run_id, metrics=batch)
                    batch = []
                batch += metrics
            client.log_batch(run_id, metrics=batch)

    def end_run(self, run_id: str, failure: str | None = None) -> None:
        """Mark a run finished, or failed with the reason as its tag; again, it changes nothing."""
        self._set_status(run_id, "FINISHED" if failure is None else "FAILED", failure)

    def reopen_run(self, run_id: str) -> None:
        """Mark a run running that had ended, such as one that failed and goes on."""
        self._set_status(run_id, "RUNNING", None)

    def _set_status(self, run_id: str, status: str, failure: str | None) -> None:
        client = self.client()
        with self.errors(f"mark the run {status}"):
            run = client.get_run(run_id)
            if failure is not None:
                client.set_tag(run_id, FAILURE, failure[:_TAG])
            elif FAILURE in run.data.tags:
                client.delete_tag(run_id, FAILURE)
            if run.info.status == status:
                return
            if status == "RUNNING":
                client.update_run(run_id, status)
            else:
                client.set_terminated(run_id, status)

    def run_url(self, run_id: str, ui: str) -> str:
        """Return the page of a run; `ui` is where a SQLite store is shown, a server shows its own."""
        base = self.uri if self.uri.startswith("http") else ui
        return f"{base.rstrip('/')}/#/experiments/{self.experiment_id()}/runs/{run_id}"

    @contextmanager
    def errors(self, action: str) -> Iterator[None]:
        """Turn what MLflow, its database and its server raise inside the block into RegistryError."""
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError

        try:
            yield
        except (MlflowException, SQLAlchemyError, httpx.HTTPError, OSError) as error:
            raise RegistryError(
                f"cannot {action} in MLflow at {self.uri}: {error}; nothing in the store was lost, "
                "check VPD_MLFLOW_URI and run again"
            ) from error

    def _folder(self) -> Path:
        return Path(self.uri.removeprefix(_SQLITE)).resolve().parent


def run_identity(arm: str, fingerprint: str) -> dict[str, str]:
    """Return the tags by which the MLflow run of a training run is found."""
    return {"vpd.arm": arm, "vpd.fingerprint": fingerprint}


def _flat(method: Mapping[str, Any], outer: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in method.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{outer}{name}.")
        else:
            yield f"{outer}{name}", value


def _now() -> int:
    return int(time.time() * 1000)
