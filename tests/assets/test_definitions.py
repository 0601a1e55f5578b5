import subprocess
import sys

import dagster as dg
import pytest

import vpd.execution.stage as execution
import vpd.probing.stage as probing
import vpd.rationale.stage as rationale
import vpd.sampling.stage as sampling
import vpd.verification.stage as verification
from vpd.datasets import ingest
from vpd.records import IMAGES
from vpd_assets.catalog import MODEL_ASSETS, SHARD_ASSETS
from vpd_assets.definitions import defs

NAMES = [
    "raw_images",
    "questions",
    "sampled_programs",
    "execution_traces",
    "program_probes",
    "verified_programs",
    "cot_dataset",
    "vlm_checkpoint",
    "evaluation_report",
    "registered_model",
]
STAGES = (
    ingest.IMAGES_STAGE,
    ingest.QUESTIONS_STAGE,
    sampling.SAMPLED_PROGRAMS,
    execution.STAGE,
    probing.STAGE,
    verification.STAGE,
    rationale.STAGE,
)
POOLS = {"llm-api", "sandbox-cpu", "train-gpu"}


def test_definitions_are_loadable_and_have_the_ten_assets():
    dg.Definitions.validate_loadable(defs)
    assert [asset.key.to_user_string() for asset in (*SHARD_ASSETS, *MODEL_ASSETS)] == NAMES
    assert {key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys()} == set(NAMES)


@pytest.mark.parametrize("asset", [*SHARD_ASSETS, *MODEL_ASSETS], ids=NAMES)
def test_asset_says_what_it_is_and_whose(asset):
    spec = asset.specs_by_key[asset.key]
    assert len(spec.description) > 80
    assert spec.owners == ["team:vpd"]
    assert spec.group_name in {"inputs", "programs", "dataset", "model"}
    assert 1 <= len(spec.kinds) <= 3
    assert spec.tags["vpd/cost"] in {"cpu", "llm", "gpu"}
    assert spec.code_version
    assert asset.op.pool is None or asset.op.pool in POOLS


@pytest.mark.parametrize("asset", SHARD_ASSETS, ids=NAMES[:7])
def test_shard_asset_depends_on_the_same_shard_upstream(asset):
    graph = defs.resolve_asset_graph()
    for upstream in asset.asset_deps[asset.key]:
        mapping = graph.get_partition_mapping(asset.key, upstream)
        assert isinstance(mapping, dg.IdentityPartitionMapping)
    assert asset.backfill_policy is not None
    assert asset.backfill_policy.max_partitions_per_run is None


@pytest.mark.parametrize(("asset", "stage"), list(zip(SHARD_ASSETS, STAGES, strict=True)), ids=NAMES[:7])
def test_shard_asset_depends_on_what_its_stage_reads(asset, stage):
    assert asset.tags_by_key[asset.key]["vpd/table"] == stage.table.name
    stage_of = dict(zip((a.key for a in SHARD_ASSETS), STAGES, strict=True))
    upstream = [stage_of[key] for key in asset.asset_deps[asset.key]]
    read = {t.name for t in stage.upstream} | {IMAGES.name}  # pictures are read as files, without their table
    assert {s.table.name for s in upstream} <= read
    assert {t.name for t in stage.upstream} <= {t.name for s in upstream for t in (s.table, *s.beside)}


def test_jobs_cover_the_graph_and_its_halves():
    names = {name: _assets(name) for name in ("pipeline_job", "data_job", "model_job")}
    assert names["pipeline_job"] == set(NAMES)
    assert names["data_job"] == set(NAMES[:7])
    assert names["model_job"] == set(NAMES[7:])


def test_code_location_loads_without_heavy_packages():
    code = (
        "import sys; import vpd_assets.definitions\n"
        "heavy = {'torch', 'transformers', 'deepspeed', 'mlflow', 'xllamacpp', 'cv2', 'matplotlib'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"


def _assets(name: str) -> set[str]:
    layer = defs.resolve_job_def(name).asset_layer
    return {key.to_user_string() for key in layer.selected_asset_keys}
