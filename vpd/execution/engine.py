"""The execution engine: many programs at once, their tool calls in batches, results as a stream.

Live programs form two groups. While one group runs, each program until it waits for a tool or ends, the
calls of the other are answered, as one batch per method; then they change places. No timers. Since an answer
depends on its own request alone, a program's trace does not depend on what runs beside it.

    with open_engine(toolset) as engine:
        for job, run in engine.run(jobs): ...
"""

import itertools
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from vpd.errors import ConfigError
from vpd.execution.cache import ToolCache
from vpd.execution.gateway import Answer, Counters, ToolGateway
from vpd.execution.limits import Limits
from vpd.execution.run import Job, ProgramRun
from vpd.execution.sandbox import Sandbox
from vpd.execution.trace import Run
from vpd.tools.protocol import ToolSet

_HELD_BACK = 8  # results that wait for an older job's, in multiples of in_flight


@dataclass(frozen=True)
class EngineSettings:
    """How programs are executed. Of these, only `limits` can change a trace."""

    in_flight: int = 64
    """Programs that run at once, each in a worker process of about 2 MB."""
    threads: int = 2
    """Threads that talk to the workers; the machine's cores are enough."""
    cache_entries: int = 200_000
    """Tool answers kept; about 500 bytes each."""
    limits: Limits = field(default_factory=Limits)
    binary_path: Path | None = None
    """A launcher to start the sandbox workers with; default: the Monty binary itself."""

    def __post_init__(self) -> None:
        if self.in_flight < 1 or self.threads < 1 or self.cache_entries < 1:
            raise ConfigError("in_flight, threads and cache_entries must be at least 1")


class Engine:
    """Runs programs against one set of tools. Use one `run` at a time."""

    def __init__(self, sandbox: Sandbox, gateway: ToolGateway, settings: EngineSettings) -> None:
        self.settings = settings
        self._sandbox, self._gateway = sandbox, gateway
        self._group_size = -(-settings.in_flight // 2)
        self._threads = ThreadPoolExecutor(settings.threads, thread_name_prefix="vpd-programs")
        self._tools = ThreadPoolExecutor(1, thread_name_prefix="vpd-tools")

    @property
    def isolation(self) -> str:
        """What stands between a program and this machine."""
        return self._sandbox.isolation

    @property
    def tools_version(self) -> str:
        """Name and versions of the tools."""
        return self._gateway.toolset.version

    @property
    def counters(self) -> Counters:
        """Tool calls and batches since the engine was opened."""
        return self._gateway.counters

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Run]]:
        """Run jobs as they come and yield each with its result, in the order of the jobs.

        Jobs are taken only as there is room, so any number of them streams through in constant memory.
        """
        source = enumerate(jobs)
        groups = [_Group() for _ in range(min(2, self.settings.in_flight))]
        ended: dict[int, tuple[Job, Run]] = {}
        due = 0
        try:
            for group in itertools.cycle(groups):
                live = sum(len(g.live) for g in groups)
                room = min(
                    self._group_size - len(group.live),
                    self.settings.in_flight - live,
                    self.settings.in_flight * _HELD_BACK - live - len(ended),
                )
                taken = itertools.islice(source, max(0, room))
                new = {number: ProgramRun(job, self._sandbox, self._gateway) for number, job in taken}
                if not new and not live:
                    return
                self._step(group, new)
                ended.update(group.take_ended())
                while due in ended:
                    yield ended.pop(due)
                    due += 1
        finally:
            for program in itertools.chain.from_iterable(g.live.values() for g in groups):
                program.close()

    def _step(self, group: "_Group", new: dict[int, ProgramRun]) -> None:
        """Run the programs of a group and new ones to their next call, and have those calls answered."""
        answers = group.answers.result() if group.answers is not None else []
        steps = [
            self._threads.submit(program.resume, answer, cached)
            for program, (answer, cached) in zip(group.live.values(), answers, strict=True)
        ]
        steps += [self._threads.submit(program.start) for program in new.values()]
        group.live.update(new)
        wait(steps)  # all of them, before an error of one closes the sessions of the others
        for step in steps:
            step.result()
        calls = [program.call for program in group.live.values() if program.call is not None]
        group.answers = self._tools.submit(self._gateway.answer, calls) if calls else None

    def close(self) -> None:
        """Stop the threads; the sandbox belongs to whoever opened it."""
        self._threads.shutdown()
        self._tools.shutdown()


@dataclass
class _Group:
    """Live programs by job number, and the answers their calls will get, in the same order."""

    live: dict[int, ProgramRun] = field(default_factory=dict)
    answers: Future[list[tuple[Answer, bool]]] | None = None

    def take_ended(self) -> dict[int, tuple[Job, Run]]:
        ended = {n: (p.job, p.result) for n, p in self.live.items() if p.result is not None}
        self.live = {n: p for n, p in self.live.items() if n not in ended}
        return ended


@contextmanager
def open_engine(toolset: ToolSet, settings: EngineSettings | None = None) -> Iterator[Engine]:
    """Start sandbox workers and yield an engine. Raises SandboxError if the sandbox does not work."""
    settings = settings or EngineSettings()
    with Sandbox(settings.limits, settings.in_flight, settings.binary_path) as sandbox:
        gateway = ToolGateway(toolset, ToolCache(settings.cache_entries))
        engine = Engine(sandbox, gateway, settings)
        try:
            yield engine
        finally:
            engine.close()
