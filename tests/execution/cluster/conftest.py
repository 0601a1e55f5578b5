"""A Ray cluster of two nodes on this machine, with a core each."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from vpd.tools.protocol import ToolSet

_NODE = {"num_cpus": 1, "object_store_memory": 80 * 2**20}
_PATIENCE = 30.0


class TwoNodes:
    """The cluster, and the processes of its actors."""

    def __init__(self, cluster: Any) -> None:
        self._cluster = cluster
        self._second = cluster.add_node(**_NODE)

    def remove_second_node(self) -> None:
        """Take a node away as if it lost power."""
        self._cluster.remove_node(self._second, allow_graceful=False)

    def add_second_node(self) -> None:
        """Put a node in its place."""
        self._second = self._cluster.add_node(**_NODE)

    def processes(self, actor: str) -> list[psutil.Process]:
        """Return the live processes of actors of this class."""
        return [p for p in psutil.Process().children(recursive=True) if actor in _title(p)]


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


@pytest.fixture(scope="module")
def two_nodes(fake_toolset: Callable[..., ToolSet], request: pytest.FixtureRequest) -> Iterator[TwoNodes]:
    """The cluster with this process as driver. Fakes of the test module and its conftest travel by value."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_raylet_start_wait_time_s", "200")
        import ray
        from ray.cluster_utils import Cluster

        fakes = [sys.modules[fake_toolset.__module__], request.module]
        for module in fakes:
            ray.cloudpickle.register_pickle_by_value(module)
        cluster = Cluster(initialize_head=True, head_node_args={**_NODE, "include_dashboard": False})
        try:
            nodes = TwoNodes(cluster)
            ray.init(address=cluster.address, logging_level="error", log_to_driver=False)
            yield nodes
        finally:
            ray.shutdown()
            cluster.shutdown()
            for module in fakes:
                ray.cloudpickle.unregister_pickle_by_value(module)
        _, alive = psutil.wait_procs(nodes.processes("ray::"), timeout=_PATIENCE)
        assert not alive
        for agent in nodes.processes("ray"):  # those of a node that lost power outlive it
            agent.kill()
