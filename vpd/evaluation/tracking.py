"""MLflow through its plain client: an experiment, and runs that are found again instead of started twice.

Nothing here changes MLflow's global state. Not here: what a training logs (`vpd.distill`), the model registry
(`vpd.evaluation.registry`).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from vpd.errors import RegistryError

if TYPE_CHECKING:
    from mlflow import MlflowClient

_SQLITE = "sqlite:///"
_PATIENCE = 5.0  # seconds until a tracking server counts as down; the client itself would retry for minutes


@dataclass(frozen=True)
class Tracking:
    """One experiment of one MLflow tracking store: `sqlite:///path` or the address of a server."""

    uri: str
    experiment: str = "vpd"

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
                    return str(client.create_experiment(self.experiment, artifact_location=artifacts))
                except MlflowException:  # another process was faster
                    found = client.get_experiment_by_name(self.experiment)
                    if found is None:
                        raise
            return str(found.experiment_id)

    def find_or_start_run(self, name: str, tags: Mapping[str, str]) -> str:
        """Return the id of the newest run that has all these tags, or of a new one that is given them."""
        client, experiment = self.client(), self.experiment_id()
        wanted = " and ".join(f"tags.`{key}` = '{value}'" for key, value in sorted(tags.items()))
        with self.errors(f"find or start run {name!r}"):
            runs = client.search_runs([experiment], wanted, max_results=1)
            run = runs[0] if runs else client.create_run(experiment, run_name=name, tags=dict(tags))
            return str(run.info.run_id)

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
