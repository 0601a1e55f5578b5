"""The execution engine on Ray: the same programs, tools and traces as `vpd.execution.engine`, on a cluster.

The driver cuts jobs into chunks and puts each picture into the object store once. Workers are actors, each
with a sandbox pool, a tool cache and either its own tools or the way to shared ones. Results come back in the
order of the jobs. A bounded number of chunks is under way, so any number of jobs streams through in constant
memory.

Not here: a driver outside the cluster (Ray client), and training on Ray (`vpd.distill.cluster`).
"""

import logging
import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import ray

from vpd.errors import ConfigError
from vpd.execution.cluster.chunks import chunks_of
from vpd.execution.cluster.crew import Crew, Start
from vpd.execution.cluster.settings import ClusterSettings
from vpd.execution.cluster.tool_server import OpenTools
from vpd.execution.cluster.tools import shared_tools
from vpd.execution.cluster.worker import Opened, ProgramWorker
from vpd.execution.counters import Counters
from vpd.execution.engine import EngineSettings
from vpd.execution.jail import Isolation
from vpd.execution.run import Job
from vpd.execution.trace import Run
from vpd.tools.protocol import ToolSet

_HELD_BACK = 4  # chunks taken and not yet given back in order, per worker
_KNOCK_SECONDS = 10.0


class RayEngine:
    """A `ProgramEngine` over the workers of a Ray cluster. Use one `run` at a time."""

    def __init__(self, crew: Crew, settings: EngineSettings, cluster: ClusterSettings) -> None:
        self.settings = settings
        self._crew, self._cluster = crew, cluster

    @property
    def isolation(self) -> Isolation:
        """The weakest that stood between a program and a machine of the cluster."""
        return self._weakest.isolation

    @property
    def isolation_reason(self) -> str:
        """Why the isolation is not higher, where it is weakest; empty at the highest."""
        return self._weakest.isolation_reason

    @property
    def _weakest(self) -> Opened:
        return min(self._crew.opened, key=lambda opened: opened.isolation)

    @property
    def tools_version(self) -> str:
        """Name and versions of the tools."""
        return self._crew.opened[0].tools_version

    @property
    def workers(self) -> int:
        """Workers that can run programs now; others may be starting."""
        return self._crew.able

    @property
    def counters(self) -> Counters:
        """Tool calls and batches of all workers, of chunks that came back."""
        return self._crew.counters

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Run]]:
        """Run jobs as they come and yield each with its result, in the order of the jobs.

        Raises SandboxError or ToolError if the sandbox or a tool does not work at all, and SandboxError if
        no worker stays alive.
        """
        chunks = chunks_of(jobs, self._cluster.chunk, self._cluster.workers)
        most = _HELD_BACK * self._cluster.workers * self._cluster.chunk
        ended: dict[int, tuple[Job, Run]] = {}
        taken = due = 0
        try:
            while True:
                while self._crew.has_room and taken - due < most:
                    chunk = next(chunks, None)
                    if chunk is None:
                        break
                    taken += len(chunk.jobs)
                    self._crew.give(chunk)
                if self._crew.chunks == 0:
                    return
                for chunk, runs in self._crew.wait():
                    for (number, job), run in zip(chunk.jobs, runs, strict=True):
                        ended[number] = job, run
                while due in ended:
                    yield ended.pop(due)
                    due += 1
        finally:
            self._crew.give_up()


@contextmanager
def open_ray_engine(
    open_tools: OpenTools, settings: EngineSettings, cluster: ClusterSettings
) -> Iterator[RayEngine]:
    """Start workers and yield an engine once one of them is ready; the others join as they start.

    `open_tools` is called where the tools are to be, and so must be picklable. Raises what it raises,
    ConfigError if the cluster cannot be reached, SandboxError if no worker starts.
    """
    with _connected(cluster.address), _placed(open_tools, settings, cluster) as open_there:
        crew = Crew(partial(_start, open_there, settings, cluster), cluster.workers, cluster.start_seconds)
        try:
            while not crew.opened:
                crew.wait()
            yield RayEngine(crew, settings, cluster)
        finally:
            crew.close()


@contextmanager
def _connected(address: str) -> Iterator[None]:
    """Join the cluster for the time of the block, unless this process has already joined one."""
    if ray.is_initialized():
        yield
        return
    os.environ.setdefault(
        "RAY_USAGE_STATS_ENABLED", "0"
    )  # else a cluster started here reports to Ray's makers
    try:
        _knock(address)
        ray.init(address=address, logging_level=logging.WARNING)
    except Exception as error:  # Ray has no type of its own for this
        raise ConfigError(
            f"cannot join Ray at {address!r} ({error}): start a cluster with `ray start --head`, "
            "or set the address to local"
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Raise OSError if nobody listens at `host:port`; Ray itself would try for minutes."""
    host, colon, port = address.rpartition(":")
    if colon:
        socket.create_connection((host, int(port)), _KNOCK_SECONDS).close()


@contextmanager
def _placed(open_tools: OpenTools, settings: EngineSettings, cluster: ClusterSettings) -> Iterator[OpenTools]:
    """Yield what a worker calls to get its tools."""
    if cluster.tools == "worker":
        yield open_tools
        return
    with shared_tools(open_tools, settings, cluster) as tools:
        yield partial(_same, tools)


def _same(tools: ToolSet) -> ToolSet:
    return tools


def _start(open_tools: OpenTools, settings: EngineSettings, cluster: ClusterSettings) -> Start:
    gpus = cluster.tool_gpus if cluster.tools == "worker" else 0
    options: dict[str, Any] = {"num_cpus": cluster.worker_cpus, "num_gpus": gpus}
    actor: Any = ray.remote(ProgramWorker).options(**options, scheduling_strategy="SPREAD").remote()
    return Start(actor, actor.open.remote(open_tools, settings))
