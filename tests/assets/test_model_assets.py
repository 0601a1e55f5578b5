"""The model assets over a cluster that trains nothing; the real training is tested in tests/distill."""

import hashlib
from typing import Any

import dagster as dg
import polars as pl
import pytest
from dagster._core.errors import DagsterAssetCheckFailedError

from resources.gpu_cluster import GpuClusterResource
from resources.mlflow_tracking import MlflowTrackingResource
from tests.mlflow_marks import WARNINGS
from vpd.distill.config import TrainConfig, fingerprint
from vpd.distill.run_folder import write_json
from vpd.errors import ConfigError, LeakageError, MissingShardError, StoreError
from vpd.records import EXAMPLES
from vpd_assets.catalog import SHARD_ASSETS
from vpd_assets.cot_dataset import cot_dataset
from vpd_assets.training import training_shards
from vpd_assets.vlm_checkpoint import vlm_checkpoint

pytestmark = WARNINGS
ASKED: list[TrainConfig] = []  # not a field: Dagster hands a copy of the resource to every run


class NoCluster(GpuClusterResource):
    """Writes what a finished training leaves behind, and remembers in ASKED what it was asked for."""

    def train(self, context: dg.AssetExecutionContext, config: TrainConfig) -> dict[str, Any]:
        from vpd.distill.data import digests, made_from
        from vpd.distill.preference_pairs import verdicts
        from vpd.store import ArtifactStore

        ASKED.append(config)
        store = ArtifactStore.open(config.store)
        data = digests(store, config.shards)
        judged = verdicts(store, config.shards) if config.preference else {}
        (config.output / "model").mkdir(parents=True)
        (config.output / "model" / "weights").write_text(config.arm)
        history = [{"step": float(step), "answer": 1.0 / step} for step in range(1, config.steps + 1)]
        report = {
            "fingerprint": fingerprint(config, made_from(data, judged)),
            "arm": config.arm,
            "config": config.model_dump(mode="json"),
            "digests": data,
            "parameters": 10,
            "questions_seen": config.steps * config.batch_size,
            "train_questions": 5,
            "seconds": 1.0,
            "peak_memory_mb": 1,
            "mlflow_run_id": "of a server that was there while it trained",
            "final": history[-1],
            "history": history,
        }
        write_json(config.output / "training.json", report)
        return report


@pytest.fixture
def asked(done):
    done.resources["gpu_cluster"] = NoCluster()
    ASKED.clear()
    return ASKED


def train(pipeline, seed: int = 0, **settings: Any) -> dg.ExecuteInProcessResult:
    config = {"steps": 3, "seed": seed, **settings}
    return pipeline.run([vlm_checkpoint], ops={"vlm_checkpoint": {"config": config}})


def test_vlm_checkpoint_trains_twins_that_differ_in_the_arm_alone(done, asked):
    assert train(done).success
    student, twin = asked
    assert (student.arm, twin.arm) == ("student", "instruct")
    assert student.method() | {"arm": twin.arm} == twin.method()
    assert list(student.shards) == done.shards


def test_vlm_checkpoint_keeps_what_was_trained_and_does_not_train_it_again(done, asked):
    assert train(done, seed=1).success
    event = done.instance.get_latest_materialization_event(vlm_checkpoint.key).asset_materialization
    files = done.store.get_document(f"runs/{event.metadata['student_run'].value}")["files"]
    assert files == {"weights": hashlib.sha256(b"student").hexdigest()}
    assert train(done, seed=1).success
    assert len(asked) == 2


def test_vlm_checkpoint_leads_from_mlflow_to_data_and_to_dagster_and_back(done, asked):
    run = train(done, seed=4)
    tracking = MlflowTrackingResource().tracking
    pages = tracking.client().search_runs([tracking.experiment_id()], "params.seed = '4'")
    assert {page.data.tags["vpd.arm"] for page in pages} == {"student", "instruct"}
    links = done.instance.get_latest_materialization_event(vlm_checkpoint.key).asset_materialization.metadata
    for page in pages:
        assert page.info.run_id in links[f"{page.data.tags['vpd.arm']}_mlflow"].url
        assert page.data.tags["vpd.dagster_run_id"] == run.run_id  # nothing logged it while it trained
    tags = asked[0].mlflow.tags
    assert tags["vpd.dagster_run_id"] == run.run_id
    assert tags["vpd.dagster_run_url"].endswith(f"/runs/{run.run_id}")
    assert tags["vpd.asset_url"].endswith("/assets/vlm_checkpoint")
    for page in pages:
        assert page.info.status == "FINISHED"
        assert [i.dataset.name for i in page.inputs.dataset_inputs] == ["examples"]


def test_vlm_checkpoint_with_mlflow_down_is_trained_and_kept(done, asked, monkeypatch):
    monkeypatch.setenv("VPD_MLFLOW_URI", "http://127.0.0.1:9")
    assert train(done, seed=5).success
    assert done.store.get_document(f"runs/{asked[0].output.name}") is not None


def test_vlm_checkpoint_with_other_settings_is_trained_anew(done, asked):
    assert train(done, seed=2).success
    assert train(done, seed=3).success
    assert len({config.output for config in asked}) == 4


def test_vlm_checkpoint_of_a_specialist_starts_both_arms_from_the_same_generalist(done, asked):
    assert train(done, seed=6, mixture={"small": 1.0}).success
    generalist = asked[0].output.name
    assert train(done, seed=6, base=f"run:{generalist}", recipe="paper-specialist").success
    student, twin = asked[2:]
    assert student.base == twin.base == f"run:{generalist}"
    assert student.lora is not None
    assert (student.steps, student.batch_size) == (3, 64)
    assert asked[0].mixture == {"small": 1.0}
    document = done.store.get_document(f"runs/{student.output.name}")
    assert document["config"]["base"] == f"run:{generalist}"


def test_vlm_checkpoint_with_preference_steps_evaluates_the_second_stage_of_the_student(done, asked):
    assert train(done, seed=7).success
    assert [config.preference for config in asked] == [None, None]
    assert train(done, seed=7, preference_steps=2).success
    [stage] = asked[2:]
    first = asked[0].output.name
    assert (stage.base, stage.steps, stage.seed) == (f"run:{first}", 2, 7)
    assert stage.preference is not None
    event = done.instance.get_latest_materialization_event(vlm_checkpoint.key).asset_materialization
    assert event.metadata["student_run"].value == stage.output.name != first
    assert event.metadata["student_first_run"].value == first
    assert event.metadata["instruct_run"].value == asked[1].output.name
    assert done.store.get_document(f"runs/{stage.output.name}") is not None


def test_vlm_checkpoint_trains_on_the_sources_of_its_mixture(done, asked):
    with pytest.raises(ConfigError, match="no source 'gqa'"):
        train(done, recipe="paper-generalist", mixture={"small": 1.0, "gqa": 2.0})
    assert train(done, recipe="paper-generalist", mixture={"small": 1.0}).success
    assert list(asked[0].shards) == done.shards
    assert asked[0].base == "google/paligemma2-3b-pt-448"


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"recipe": "paper-specialist"}, ConfigError, "recipe paper-specialist.*base"),
        ({"recipe": "paper-expert"}, ConfigError, "paper-generalist"),
        ({"base": "run:student-nowhere"}, StoreError, "student-nowhere"),
        ({"mixture": {"small": 0.0}}, ConfigError, "small.*zero"),
        ({"mixture": {"small": -1.0}}, ConfigError, "mixture.small"),
        ({"steps": 0}, ConfigError, "steps"),
    ],
)
def test_vlm_checkpoint_with_wrong_settings_starts_nothing(done, asked, settings, error, said):
    with pytest.raises(error, match=said):
        train(done, **settings)
    assert asked == []


def test_training_shards_of_a_source_that_is_half_done_are_refused(pipeline):
    pipeline.run(SHARD_ASSETS[:2], [pipeline.shards[0]])
    with pytest.raises(MissingShardError, match="materialise them first"):
        training_shards(pipeline.store, [])
    with pytest.raises(MissingShardError, match=pipeline.shards[0]):
        training_shards(pipeline.store, ["small"])


def test_training_shards_by_default_are_those_of_all_sources(done):
    assert training_shards(done.store, []) == training_shards(done.store, ["small"]) == done.shards


@pytest.fixture
def unfit(done):
    """One picture put into a second split, and back."""
    shard = done.shards[0]
    manifest, frame = done.store.manifest(EXAMPLES, shard), done.store.read_shard(EXAMPLES, shard)
    other = "val" if frame["split"][0] == "train" else "train"
    broken = frame.with_columns(split=pl.Series([other, *frame["split"][1:]]))
    done.store.write_shard(EXAMPLES, shard, broken, manifest.fingerprint, manifest.stats)
    yield done
    done.store.write_shard(EXAMPLES, shard, frame, manifest.fingerprint, manifest.stats)


def test_blocking_check_on_unfit_examples_stops_the_training(unfit, asked):
    with pytest.raises(DagsterAssetCheckFailedError, match="leakage"):
        unfit.run([cot_dataset, vlm_checkpoint])
    assert asked == []


def test_vlm_checkpoint_by_itself_does_not_train_on_unfit_examples(unfit, asked):
    with pytest.raises(LeakageError, match="splits"):
        train(unfit)
    assert asked == []
