"""The MLflow tracking store as a Dagster resource: a thin shell over `vpd.evaluation.tracking`."""

import dagster as dg
from pydantic import Field

from vpd.evaluation.tracking import Tracking
from vpd.settings import load_settings


class MlflowTrackingResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Where runs are logged and models registered. MLflow is imported when it is first used."""

    tracking_uri: str = Field(
        default="", description="tracking store; default: VPD_MLFLOW_URI, else SQLite under VPD_HOME"
    )
    experiment: str = Field(default="vpd", description="experiment that all runs belong to")
    ui_url: str = Field(
        default="http://127.0.0.1:5000", description="where `make ui` shows a SQLite tracking store"
    )

    @property
    def tracking(self) -> Tracking:
        """The experiment, for functions of vpd."""
        return Tracking(self.tracking_uri or load_settings().mlflow_tracking_uri, self.experiment)

    def find_or_start_run(
        self, name: str, *, dagster_run_id: str, asset_key: str, dataset_digest: str, **tags: str
    ) -> str:
        """Return the id of the MLflow run for one materialisation, the same one if asked again."""
        own = {"dagster_run_id": dagster_run_id, "asset_key": asset_key, "dataset_digest": dataset_digest}
        return self.tracking.find_or_start_run(name, {f"vpd.{k}": v for k, v in {**own, **tags}.items()})

    def run_url(self, run_id: str) -> str:
        """Return the page of a run in the MLflow UI."""
        return self.tracking.run_url(run_id, self.ui_url)
