import json
from pathlib import Path
from urllib.parse import unquote, urlsplit

import dagster as dg
import polars as pl
import pytest

from jobs.freshness import outdated_shards
from resources.program_sampler import ProgramSamplerResource
from vpd.errors import StoreError
from vpd.inspect.gallery import shard_gallery
from vpd.records import EXAMPLES, IMAGES, TRACES
from vpd_assets.catalog import SHARD_ASSETS
from vpd_assets.cot_dataset import cot_dataset
from vpd_assets.execution_traces import execution_traces
from vpd_assets.raw_images import raw_images
from vpd_assets.sampled_programs import sampled_programs

SMALL = 40_000
"""Characters that one materialization may add to the event log."""


def test_data_assets_of_two_shards_end_in_rationales(done):
    examples = pl.concat(done.store.read_shard(EXAMPLES, shard) for shard in done.shards)
    assert set(examples["mode"]) == {"answer", "rationale"}
    traced = examples.filter(pl.col("mode") == "rationale")["trace_id"]
    traces = pl.concat(done.store.read_shard(TRACES, shard) for shard in done.shards)
    assert set(traced) <= set(traces.filter(pl.col("outcome") == "answered")["trace_id"])


def test_data_assets_report_every_shard_once_with_its_own_numbers(done):
    for asset in SHARD_ASSETS:
        events = done.events(asset)
        assert list(events) == done.shards
        table = asset.tags_by_key[asset.key]["vpd/table"]
        for shard, event in events.items():
            manifest = json.loads(done.store.objects.get(f"tables/{table}/{shard}/manifest.json") or "{}")
            assert event.metadata["dagster/row_count"].value == manifest["rows"]
            assert event.metadata["data_sha256"].value == manifest["data_sha256"]
            assert event.metadata["computed"].value is True


def test_data_assets_report_little_enough_for_the_event_log(done):
    for asset in SHARD_ASSETS:
        for event in done.events(asset).values():
            assert sum(len(str(value.value)) for value in event.metadata.values()) < SMALL


def test_data_assets_of_one_shard_have_the_digest_of_their_data_as_version(pipeline):
    shard = pipeline.shards[1]
    assert pipeline.run([raw_images], [shard]).success
    event = pipeline.events(raw_images)[shard]
    assert event.tags["dagster/data_version"] == pipeline.store.manifest(IMAGES, shard).data_sha256


def test_data_assets_after_a_stop_go_on_with_the_shards_that_are_missing(pipeline):
    assert pipeline.run([raw_images], [pipeline.shards[0]]).success
    assert pipeline.run([raw_images]).success
    computed = {s: e.metadata["computed"].value for s, e in pipeline.events(raw_images).items()}
    assert computed == dict(zip(pipeline.shards, [False, True], strict=True))


def test_asset_without_its_upstream_shard_fails_and_names_it(pipeline):
    with pytest.raises(dg.Failure) as failure:
        pipeline.run([execution_traces])
    assert f"images/{pipeline.shards[0]}" in failure.value.description


def test_sampled_programs_without_an_endpoint_fails_and_says_what_to_do(pipeline, monkeypatch):
    pipeline.run(SHARD_ASSETS[:2])
    pipeline.resources["program_sampler"] = ProgramSamplerResource(url="http://127.0.0.1:9/v1", llm="none")
    with pytest.raises(dg.Failure, match="VPD_LLM_URL"):
        pipeline.run([sampled_programs])


def test_cot_dataset_shows_pictures_of_the_boxes_it_names(done):
    shown = done.events(cot_dataset)[done.shards[0]].metadata["sample"].value
    assert "data:image/jpeg;base64," in shown
    assert "The answer is" in shown


def test_outdated_shards_once_all_are_made_are_none(done):
    for asset in SHARD_ASSETS:
        assert outdated_shards(done.instance, done.store, asset, done.shards) == []


def test_data_assets_run_again_compute_nothing_and_keep_their_version(done):
    before = {asset.key: done.events(asset) for asset in SHARD_ASSETS}
    assert done.run(SHARD_ASSETS).success
    for asset in SHARD_ASSETS:
        for shard, event in done.events(asset).items():
            assert event.metadata["computed"].value is False
            assert event.tags["dagster/data_version"] == before[asset.key][shard].tags["dagster/data_version"]


def test_execution_traces_link_the_gallery_of_each_shard(done):
    for shard, event in done.events(execution_traces).items():
        address = urlsplit(event.metadata["gallery"].value)
        assert address.scheme == "file"
        assert Path(unquote(address.path)).read_text() == shard_gallery(done.store, shard)


def test_execution_traces_without_room_for_a_gallery_are_made_all_the_same(pipeline, monkeypatch):
    put = pipeline.store.objects.__class__.put

    def full(self, name, data):
        if name.startswith("galleries/"):
            raise StoreError("the disk is full")
        put(self, name, data)

    monkeypatch.setattr(pipeline.store.objects.__class__, "put", full)
    assert pipeline.run(SHARD_ASSETS[:4]).success
    for event in pipeline.events(execution_traces).values():
        assert "the disk is full" in event.metadata["gallery"].value
    monkeypatch.undo()
