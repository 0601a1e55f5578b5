"""All ten assets, in the order of the method."""

from vpd_assets.cot_dataset import cot_dataset
from vpd_assets.evaluation_report import evaluation_report
from vpd_assets.execution_traces import execution_traces
from vpd_assets.program_probes import program_probes
from vpd_assets.questions import questions
from vpd_assets.raw_images import raw_images
from vpd_assets.registered_model import registered_model
from vpd_assets.sampled_programs import sampled_programs
from vpd_assets.verified_programs import verified_programs
from vpd_assets.vlm_checkpoint import vlm_checkpoint

SHARD_ASSETS = (
    raw_images,
    questions,
    sampled_programs,
    execution_traces,
    program_probes,
    verified_programs,
    cot_dataset,
)
MODEL_ASSETS = (vlm_checkpoint, evaluation_report, registered_model)
