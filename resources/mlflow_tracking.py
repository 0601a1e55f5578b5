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
    dagster_url: str = Field(default="http://127.0.0.1:3000", description="where the Dagster UI is shown")

    @property
    def tracking(self) -> Tracking:
        """The experiment, for functions of vpd."""
        return Tracking(self.tracking_uri or load_settings().mlflow_tracking_uri, self.experiment)

    def links(self, context: dg.AssetExecutionContext) -> dict[str, str]:
        """Return tags that lead from MLflow back to this Dagster run and to the asset it makes."""
        asset, run = context.asset_key, context.run.run_id
        ui = self.dagster_url.rstrip("/")
        return {
            "vpd.asset_key": asset.to_user_string(),
            "vpd.asset_url": f"{ui}/assets/{asset.to_user_string()}",
            "vpd.dagster_run_id": run,
            "vpd.dagster_run_url": f"{ui}/runs/{run}",
        }

    def run_url(self, run_id: str) -> str:
        """Return the page of a run in the MLflow UI."""
        return self.tracking.run_url(run_id, self.ui_url)
