"""Which vision tools programs see with, and how many programs run at once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import Field

if TYPE_CHECKING:
    from vpd.execution.engine import Engine, EngineSettings
    from vpd.tools.protocol import ToolSet


class VisionToolsResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """A named tool set behind the sandboxed execution engine."""

    toolset: str = Field(default="scenes", description="Tool set by name (vpd.tools.toolset)")
    in_flight: int = Field(default=64, ge=1, description="Programs that run at once, about 10 MB each")
    threads: int = Field(default=2, ge=1, description="Threads that serve them")

    def opener(self) -> "Callable[[], ToolSet]":
        """Return what opens the tools, here or, pickled, on another machine."""
        from vpd.tools.toolset import open_toolset

        return partial(open_toolset, self.toolset)

    def settings(self) -> "EngineSettings":
        """Return how programs are executed."""
        from vpd.execution.engine import EngineSettings

        return EngineSettings(in_flight=self.in_flight, threads=self.threads)

    @contextmanager
    def open(self) -> Iterator["Engine"]:
        """Start the sandbox; raises ConfigError for an unknown tool set, SandboxError if it does not work."""
        from vpd.execution.engine import open_engine

        with open_engine(self.opener()(), self.settings()) as engine:
            yield engine
