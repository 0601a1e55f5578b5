from datetime import UTC, datetime

import dagster as dg
import pytest

from jobs.freshness import outdated_shards
from jobs.schedules import nightly_backfill
from resources.artifact_store import ArtifactStoreResource
from vpd.datasets.jsonl import register_jsonl
from vpd.datasets.sources import shard_names
from vpd.records import IMAGES
from vpd_assets.definitions import defs
from vpd_assets.partitions import RANGE_END, RANGE_START, add_shards, range_tags
from vpd_assets.questions import questions
from vpd_assets.raw_images import raw_images


@pytest.fixture
def shards(drop, instance):
    spec = register_jsonl(ArtifactStoreResource().open(), drop(rows=6), "mine", shards=3)
    return add_shards(instance, shard_names(spec))


@pytest.fixture
def materialize(instance, shards):
    def run(asset, chosen):
        job = defs.resolve_job_def("data_job")
        for tags in range_tags(shards, chosen):
            assert job.execute_in_process(instance=instance, tags=tags, asset_selection=[asset.key]).success

    return run


@pytest.fixture
def outdated(instance, shards):
    return lambda asset: outdated_shards(instance, ArtifactStoreResource().open(), asset, shards)


def test_outdated_shards_of_an_asset_that_was_made_in_part_are_the_others(shards, materialize, outdated):
    materialize(raw_images, [shards[1]])
    assert outdated(raw_images) == [shards[0], shards[2]]
    materialize(raw_images, shards)
    assert outdated(raw_images) == []


def test_outdated_shards_after_upstream_was_made_again_are_those_below_it(shards, materialize, outdated):
    materialize(raw_images, shards)
    materialize(questions, shards)
    materialize(raw_images, [shards[2]])
    assert outdated(questions) == [shards[2]]


def test_outdated_shards_after_the_store_lost_one_are_that_one(shards, materialize, outdated):
    materialize(raw_images, shards)
    ArtifactStoreResource().open().objects.delete(f"tables/{IMAGES.name}/{shards[0]}/manifest.json")
    assert outdated(raw_images) == [shards[0]]


def test_outdated_shards_after_the_code_changed_are_all(shards, materialize, outdated):
    materialize(raw_images, shards)
    changed = raw_images.map_asset_specs(lambda spec: spec.replace_attributes(code_version="next"))
    assert outdated(changed) == shards


def test_schedule_without_shards_skips_and_with_missing_shards_asks_for_one_run(home, tmp_path):
    (tmp_path / "dagster").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "dagster")) as instance:  # it refuses one in memory
        assert requests(instance) == []
        added = add_shards(instance, ["a-000", "a-001", "a-002"])
        (request,) = requests(instance)
    assert (request.tags[RANGE_START], request.tags[RANGE_END]) == (added[0], added[-1])


def requests(instance: dg.DagsterInstance) -> list[dg.RunRequest]:
    context = dg.build_schedule_context(
        instance=instance,
        scheduled_execution_time=datetime(2026, 1, 1, 2, tzinfo=UTC),
        resources={"artifact_store": ArtifactStoreResource()},
    )
    return list(nightly_backfill.evaluate_tick(context).run_requests or [])
