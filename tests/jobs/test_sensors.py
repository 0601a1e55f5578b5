import dagster as dg
import pytest

from jobs.sensors import new_questions_sensor
from resources.artifact_store import ArtifactStoreResource
from vpd.datasets.sources import find_spec, source_of
from vpd.errors import StoreError
from vpd_assets.catalog import SHARD_ASSETS
from vpd_assets.definitions import defs
from vpd_assets.partitions import all_shards


class Ticker:
    """Evaluates the sensor as the daemon does: the cursor goes from tick to tick."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance, self.cursor = instance, None

    def __call__(self) -> dg.SensorResult:
        context = dg.build_sensor_context(
            instance=self.instance, cursor=self.cursor, resources={"artifact_store": ArtifactStoreResource()}
        )
        result = new_questions_sensor(context)
        self.cursor = result.cursor
        return result


@pytest.fixture
def tick(instance):
    return Ticker(instance)


def test_sensor_of_an_empty_inbox_skips(home, tick):
    result = tick()
    assert not result.run_requests
    assert result.skip_reason


def test_sensor_given_a_new_file_registers_it_and_requests_its_shards(drop, tick, instance):
    drop(rows=2)
    result = tick()
    shards = list(all_shards(instance))
    assert len(shards) == len(result.run_requests) == 1
    assert find_spec(ArtifactStoreResource().open(), source_of(shards[0])).kind == "jsonl"
    assert set(result.run_requests[0].tags.values()) >= set(shards)


def test_sensor_given_the_same_content_again_requests_nothing(drop, tick, instance):
    drop()
    tick()
    drop()
    assert not tick().run_requests
    drop().rename(drop().with_name("other.jsonl"))
    assert not tick().run_requests
    assert len(all_shards(instance)) == 1


def test_sensor_whose_tick_was_lost_asks_for_the_same_run_again(drop, tick, instance):
    drop()
    first = tick().run_requests
    tick.cursor = None
    assert [r.run_key for r in tick().run_requests] == [r.run_key for r in first]
    assert len(all_shards(instance)) == 1


def test_sensor_given_changed_content_takes_it_as_another_source(drop, tick, instance):
    drop(rows=1)
    tick()
    drop(rows=2)
    assert len(tick().run_requests) == 1
    assert len({source_of(shard) for shard in all_shards(instance)}) == 2


def test_sensor_given_a_bad_file_says_so_once_and_takes_the_good_one(drop, home, tick):
    (home / "inbox" / "empty.jsonl").write_text("\n")
    assert "empty.jsonl" in tick().skip_reason.skip_message
    drop()
    assert len(tick().run_requests) == 1
    assert "empty.jsonl" not in tick().skip_reason.skip_message


def test_sensor_without_a_store_fails_and_takes_the_file_later(drop, home, tick, monkeypatch):
    drop()
    (home / "file").write_text("")
    monkeypatch.setenv("VPD_STORE", str(home / "file" / "store"))
    with pytest.raises(StoreError):
        tick()
    monkeypatch.delenv("VPD_STORE")
    assert len(tick().run_requests) == 1


def test_sensor_request_can_be_run(drop, tick, instance):
    drop(rows=3)
    (request,) = tick().run_requests
    result = defs.resolve_job_def("data_job").execute_in_process(
        instance=instance, tags=request.tags, asset_selection=[asset.key for asset in SHARD_ASSETS[:2]]
    )
    assert result.success
    taken = [event.metadata["dagster/row_count"].value for event in _materialized(result, "questions")]
    assert sum(taken) == 3


def _materialized(result: dg.ExecuteInProcessResult, name: str) -> list[dg.AssetMaterialization]:
    events = result.asset_materializations_for_node(name)
    return [event for event in events if isinstance(event, dg.AssetMaterialization)]
