"""The asset with its programs on Ray: the rows of the local engine."""

import polars as pl
import pytest

from resources.gpu_cluster import GpuClusterResource, RayPrograms
from vpd.records import TRACES
from vpd_assets.catalog import SHARD_ASSETS
from vpd_assets.execution_traces import execution_traces

pytestmark = pytest.mark.slow


def rows(pipeline) -> pl.DataFrame:
    shards = [pipeline.store.read_shard(TRACES, shard) for shard in pipeline.shards]
    return pl.concat(shards).drop("seconds", "cached_calls")


def test_execution_traces_on_ray_are_those_of_this_machine(pipeline, monkeypatch):
    monkeypatch.setenv("RAY_raylet_start_wait_time_s", "200")
    before = SHARD_ASSETS[: SHARD_ASSETS.index(execution_traces)]
    here = RayPrograms(address="local", workers=1, tools="shared", tool_cpus=0)
    pipeline.resources["gpu_cluster"] = GpuClusterResource(programs="ray", ray=here)
    assert pipeline.run([*before, execution_traces]).success
    on_ray = rows(pipeline)
    for shard in pipeline.shards:
        pipeline.store.objects.delete(f"tables/{TRACES.name}/{shard}/manifest.json")
    pipeline.resources["gpu_cluster"] = GpuClusterResource()
    assert pipeline.run([execution_traces]).success
    assert on_ray.equals(rows(pipeline))
    assert {"answered"} < set(on_ray["outcome"])
