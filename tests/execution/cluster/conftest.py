"""A Ray cluster of two nodes on this machine, with a core each."""

import os
from collections.abc import Callable, Iterator

import pytest

from vpd.tools.protocol import ToolSet

OBJECT_STORE = 80 * 2**20


@pytest.fixture(scope="module")
def two_nodes(fake_toolset: Callable[..., ToolSet]) -> Iterator[object]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_DEDUP_LOGS", "0")
        import ray
        from ray.cluster_utils import Cluster

        fakes = __import__("sys").modules[fake_toolset.__module__]
        ray.cloudpickle.register_pickle_by_value(fakes)
        node = {"num_cpus": 1, "object_store_memory": OBJECT_STORE}
        cluster = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
        try:
            cluster.add_node(**node)
            ray.init(address=cluster.address, logging_level="error", log_to_driver=False)
            yield cluster
        finally:
            ray.shutdown()
            cluster.shutdown()
            ray.cloudpickle.unregister_pickle_by_value(fakes)
