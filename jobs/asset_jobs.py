"""The jobs: the whole pipeline, its per-shard half, and its model half.

All run their steps in one process (the code location's default executor): a step of this pipeline is short
beside starting a process for it, and the stages that are long have processes of their own.
"""

import dagster as dg

from vpd.fitness.report import NAMES

DATA_GROUPS = ("inputs", "programs", "dataset")

data = dg.AssetSelection.groups(*DATA_GROUPS)
model = dg.AssetSelection.groups("model")
gate = dg.AssetSelection.checks(*(dg.AssetCheckKey(dg.AssetKey("cot_dataset"), name) for name in NAMES))

pipeline_job = dg.define_asset_job(
    "pipeline_job",
    selection=data | model,
    description="Everything, from pictures and questions to a registered model, for the chosen shards.",
)
data_job = dg.define_asset_job(
    "data_job",
    selection=data,
    description="Pictures, questions, programs, traces, verdicts and training examples of the chosen shards.",
)
model_job = dg.define_asset_job(
    "model_job",
    selection=model | gate,
    description="Check the examples of all shards, train both arms on them, evaluate, and register.",
)
