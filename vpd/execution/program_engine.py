"""What the execution stage needs of an engine, wherever its programs run."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from vpd.execution.counters import Counters
from vpd.execution.engine import EngineSettings
from vpd.execution.run import Job
from vpd.execution.trace import Run


class ProgramEngine(Protocol):
    """Runs programs in a sandbox against one set of tools.

    The same jobs with the same limits and tools give the same traces on every engine.
    """

    @property
    def settings(self) -> EngineSettings:
        """How programs are executed."""
        ...

    @property
    def isolation(self) -> str:
        """What stands between a program and the machine that runs it; the weakest, if there are several."""
        ...

    @property
    def isolation_reason(self) -> str:
        """Why the isolation is not higher; empty at the highest."""
        ...

    @property
    def tools_version(self) -> str:
        """Name and versions of the tools."""
        ...

    @property
    def counters(self) -> Counters:
        """What was done since the engine was opened."""
        ...

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Run]]:
        """Run jobs as they come and yield each with its result, in the order of the jobs."""
        ...
