"""The code location: what `dagster dev`, `dg dev` and the demo load."""

import dagster as dg

from jobs.asset_jobs import data_job, model_job, pipeline_job
from jobs.schedules import nightly_backfill
from jobs.sensors import new_questions_sensor
from resources.artifact_store import ArtifactStoreResource
from resources.gpu_cluster import GpuClusterResource
from resources.mlflow_tracking import MlflowTrackingResource
from resources.program_sampler import ProgramSamplerResource
from resources.vision_tools import VisionToolsResource
from vpd_assets.catalog import MODEL_ASSETS, SHARD_ASSETS
from vpd_assets.checks import CHECKS

defs = dg.Definitions(
    assets=[*SHARD_ASSETS, *MODEL_ASSETS],
    asset_checks=CHECKS,
    jobs=[pipeline_job, data_job, model_job],
    schedules=[nightly_backfill],
    sensors=[new_questions_sensor],
    resources={
        "artifact_store": ArtifactStoreResource(),
        "program_sampler": ProgramSamplerResource(),
        "vision_tools": VisionToolsResource(),
        "gpu_cluster": GpuClusterResource(),
        "mlflow_tracking": MlflowTrackingResource(),
    },
    executor=dg.in_process_executor,
)
