"""Which vision tools programs see with, and how many programs run at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import Field

if TYPE_CHECKING:
    from vpd.execution.engine import Engine


class VisionToolsResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """A named tool set behind the sandboxed execution engine."""

    toolset: str = Field(default="scenes", description="Tool set by name (vpd.tools.toolset)")
    in_flight: int = Field(default=64, ge=1, description="Programs that run at once, about 10 MB each")
    threads: int = Field(default=2, ge=1, description="Threads that serve them")

    @contextmanager
    def open(self) -> Iterator["Engine"]:
        """Start the sandbox; raises ConfigError for an unknown tool set, SandboxError if it does not work."""
        from vpd.execution.engine import EngineSettings, open_engine
        from vpd.tools.toolset import open_toolset

        settings = EngineSettings(in_flight=self.in_flight, threads=self.threads)
        with open_engine(open_toolset(self.toolset), settings) as engine:
            yield engine
