"""Which vision tools programs see with, how many programs run at once, and how well they are locked in."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import dagster as dg
from pydantic import Field

from vpd.settings import load_settings

if TYPE_CHECKING:
    from vpd.execution.engine import Engine, EngineSettings
    from vpd.tools.protocol import ToolSet


class VisionToolsResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """A named tool set behind the sandboxed execution engine."""

    toolset: str = Field(default="", description="Tool set by name (docs/tools.md); empty: VPD_TOOLS")
    in_flight: int = Field(
        default=64, ge=1, description="Programs that run at once, each in a worker of about 2 MB"
    )
    threads: int = Field(default=2, ge=1, description="Threads that serve them")
    tool_seconds: float = Field(
        default=600.0, gt=0, description="Time for a batch before a tool counts as hung"
    )
    cache_file: str | None = Field(
        default=None,
        description="SQLite file that keeps tool answers between runs; none keeps them in memory",
    )
    require_isolation: Literal["vm", "vm+jail", "vm+jail+seccomp"] = Field(
        default="vm",
        description="Refuse to run programs below this isolation (vpd.execution.sandbox). A host gives the "
        "highest it can, whatever is required, and it is reported",
    )

    def opener(self, deniable: bool = False) -> "Callable[[], ToolSet]":
        """Return what opens the tools, here or, pickled, on another machine.

        `deniable` tools deny what they see to a probe that asks for it (`vpd.probing.ablation`).
        """
        from vpd.probing.ablation import open_deniable
        from vpd.tools.toolset import open_toolset

        return partial(open_deniable if deniable else open_toolset, self.name)

    @property
    def name(self) -> str:
        """The tool set in force."""
        return self.toolset or load_settings().tools

    def settings(self) -> "EngineSettings":
        """Return how programs are executed."""
        from vpd.execution.engine import EngineSettings
        from vpd.execution.jail import Isolation

        return EngineSettings(
            in_flight=self.in_flight,
            threads=self.threads,
            tool_seconds=self.tool_seconds,
            cache_file=Path(self.cache_file) if self.cache_file is not None else None,
            require_isolation=Isolation(self.require_isolation),
        )

    @contextmanager
    def open(self, deniable: bool = False) -> Iterator["Engine"]:
        """Start the sandbox.

        Raises ConfigError for an unknown tool set, SandboxError if the sandbox does not work or its isolation
        is too low.
        """
        from vpd.execution.engine import open_engine

        with open_engine(self.opener(deniable)(), self.settings()) as engine:
            yield engine
