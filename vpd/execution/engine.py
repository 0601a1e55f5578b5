"""The execution engine: many programs at once, their tool calls in batches, results as a stream.

A program runs until it waits for a tool; while some wait, others run (`vpd.execution.scheduler`). Since an
answer depends on its own request alone, a program's trace does not depend on what runs beside it.

    with open_engine(toolset) as engine:
        for job, run in engine.run(jobs): ...
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from vpd.errors import ConfigError
from vpd.execution.cache import ToolCache
from vpd.execution.counters import Counters
from vpd.execution.gateway import ToolGateway
from vpd.execution.jail import Isolation
from vpd.execution.limits import Limits
from vpd.execution.run import Job, ProgramRun
from vpd.execution.sandbox import Sandbox
from vpd.execution.scheduler import Scheduler, Shared
from vpd.execution.tool_thread import ToolThread
from vpd.execution.trace import Run
from vpd.tools.protocol import ToolSet

_HELD_BACK = 8  # results that wait for an older job's, in multiples of in_flight
_RUNNABLE = 2  # programs for each thread


@dataclass(frozen=True)
class EngineSettings:
    """How programs are executed. Of these, only `limits` can change a trace."""

    in_flight: int = 64
    """Programs that run at once, each in a worker process of about 2 MB."""
    threads: int = 2
    """Threads that talk to the workers; a third slowed the detector benchmark by 6% on two cores."""
    tool_seconds: float = 600.0
    """Time for one batch; a tool that takes longer is left behind."""
    cache_entries: int = 200_000
    """Tool answers kept in memory; about 500 bytes each."""
    cache_file: Path | None = None
    """Where tool answers are kept between runs."""
    limits: Limits = field(default_factory=Limits)
    binary_path: Path | None = None
    """The Monty binary; default: the one installed."""
    require_isolation: Isolation | None = None
    """Refuse to start below this isolation; by default take the highest the host gives, and say so."""

    def __post_init__(self) -> None:
        counts = (self.in_flight, self.threads, self.cache_entries)
        if min(counts) < 1 or self.tool_seconds <= 0:
            raise ConfigError("in_flight, threads and cache_entries must be at least 1, tool_seconds above 0")


class Engine:
    """Runs programs against one set of tools. Use one `run` at a time."""

    def __init__(self, sandbox: Sandbox, gateway: ToolGateway, settings: EngineSettings) -> None:
        self.settings = settings
        self._sandbox, self._gateway = sandbox, gateway
        self._shared = Shared(
            gateway,
            ToolCache(settings.cache_entries, settings.cache_file),
            ThreadPoolExecutor(settings.threads, thread_name_prefix="vpd-programs"),
            ToolThread(),
            settings.tool_seconds,
            settings.in_flight,
            settings.threads * _RUNNABLE,
        )

    @property
    def isolation(self) -> Isolation:
        """What stands between a program and this machine."""
        return self._sandbox.isolation

    @property
    def isolation_reason(self) -> str:
        """Why the isolation is not higher; empty at the highest."""
        return self._sandbox.isolation_reason

    @property
    def tools_version(self) -> str:
        """Name and versions of the tools."""
        return self._gateway.toolset.version

    @property
    def counters(self) -> Counters:
        """Tool calls and batches since the engine was opened."""
        return self._shared.counters

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Run]]:
        """Run jobs as they come and yield each with its result, in the order of the jobs.

        Jobs are taken only as there is room, so any number of them streams through in constant memory.
        Raises SandboxError if the sandbox, ToolError if a tool does not work at all.
        """
        source = enumerate(jobs)
        scheduler = Scheduler(self._shared)
        ended: dict[int, tuple[Job, Run]] = {}
        due, more = 0, True
        most = self.settings.in_flight * _HELD_BACK
        try:
            while more or ended or scheduler.pending:
                while more and scheduler.room and scheduler.pending + len(ended) < most:
                    number, job = next(source, (0, None))
                    more = job is not None
                    if job is not None:
                        scheduler.admit(number, ProgramRun(job, self._sandbox, self._gateway))
                scheduler.settle()
                while due in ended:
                    yield ended.pop(due)
                    due += 1
                if scheduler.pending:
                    ended.update(scheduler.wait(more=more and scheduler.pending + len(ended) < most))
        finally:
            scheduler.close()

    def close(self) -> None:
        """Stop the threads; the sandbox belongs to whoever opened it."""
        self._shared.threads.shutdown()
        self._shared.tools.close()
        self._shared.cache.close()


@contextmanager
def open_engine(toolset: ToolSet, settings: EngineSettings | None = None) -> Iterator[Engine]:
    """Start sandbox workers and yield an engine. Raises SandboxError if the sandbox does not work."""
    settings = settings or EngineSettings()
    with Sandbox(
        settings.limits,
        settings.in_flight,
        settings.require_isolation,
        settings.binary_path,
        toolset.methods,
    ) as sandbox:
        engine = Engine(sandbox, ToolGateway(toolset), settings)
        try:
            yield engine
        finally:
            engine.close()
