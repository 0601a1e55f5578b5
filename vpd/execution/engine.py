"""The execution engine: many programs at once, their tool calls in batches, results as a stream.

A round: every live program runs until it waits for a tool or ends; then the calls that wait are answered as
one batch per method; then the next round. No timers, and since an answer depends on its own request alone,
a program's trace does not depend on what runs beside it.

    with open_engine(toolset) as engine:
        for job, run in engine.run(jobs): ...
"""

import itertools
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from vpd.errors import ConfigError
from vpd.execution.cache import ToolCache
from vpd.execution.gateway import Counters, ToolGateway
from vpd.execution.limits import Limits
from vpd.execution.run import Job, ProgramRun
from vpd.execution.sandbox import Sandbox
from vpd.execution.trace import Run
from vpd.tools.protocol import ToolSet

_HELD_BACK = 8


@dataclass(frozen=True)
class EngineSettings:
    """How programs are executed. Of these, only `limits` can change a trace."""

    in_flight: int = 64
    """Programs that run at once, each in a worker process of about 10 MB."""
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
        self._threads = ThreadPoolExecutor(settings.threads, thread_name_prefix="vpd-execution")

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
        live: dict[int, ProgramRun] = {}
        ended: dict[int, tuple[Job, Run]] = {}
        due = 0
        try:
            while True:
                room = min(
                    self.settings.in_flight - len(live),
                    self.settings.in_flight * _HELD_BACK - len(live) - len(ended),
                )
                new = {
                    number: ProgramRun(job, self._sandbox, self._gateway)
                    for number, job in itertools.islice(source, max(0, room))
                }
                if not live and not new:
                    return
                self._round(list(live.values()), list(new.values()))
                live.update(new)
                for number in [n for n, program in live.items() if program.result is not None]:
                    program = live.pop(number)
                    assert program.result is not None
                    ended[number] = program.job, program.result
                while due in ended:
                    yield ended.pop(due)
                    due += 1
        finally:
            for program in live.values():
                program.close()

    def _round(self, waiting: list[ProgramRun], new: list[ProgramRun]) -> None:
        """Answer the calls of the waiting programs, then run them and the new ones to their next call."""
        calls = [program.call for program in waiting if program.call is not None]
        answers = self._gateway.answer(calls)
        steps = [
            self._threads.submit(program.resume, answer, cached)
            for program, (answer, cached) in zip(waiting, answers, strict=True)
        ]
        steps += [self._threads.submit(program.start) for program in new]
        for step in steps:
            step.result()

    def close(self) -> None:
        """Stop the threads; the sandbox belongs to whoever opened it."""
        self._threads.shutdown()


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
