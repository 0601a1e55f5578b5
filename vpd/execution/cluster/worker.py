"""The actor that runs programs: a local engine with its sandbox pool, one chunk at a time."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import ray

from vpd.execution.cluster.pictures import SharedPicture
from vpd.execution.cluster.tool_server import OpenTools
from vpd.execution.counters import Counters
from vpd.execution.engine import EngineSettings, open_engine
from vpd.execution.jail import Isolation
from vpd.execution.run import Job
from vpd.execution.trace import Run


@dataclass(frozen=True)
class Opened:
    """What a worker says of itself once it can run programs."""

    isolation: Isolation
    isolation_reason: str
    tools_version: str


@dataclass(frozen=True)
class ChunkResult:
    """The runs of a chunk in order, and what they added to the worker's counters."""

    runs: list[Run]
    counters: Counters


class ProgramWorker:
    """The actor. Its methods raise VpdErrors, which Ray carries to the driver."""

    def __init__(self) -> None:
        self._open = ExitStack()

    def open(self, open_tools: OpenTools, settings: EngineSettings) -> Opened:
        """Open the tools and start the sandbox. Not in `__init__`, whose errors would lose their type."""
        self._engine = self._open.enter_context(open_engine(open_tools(), settings))
        engine = self._engine
        return Opened(engine.isolation, engine.isolation_reason, engine.tools_version)

    def run(self, programs: Sequence[tuple[str, str]], pixels: Mapping[str, Any]) -> ChunkResult:
        """Run (source, image id) pairs; `pixels` are references to pictures in the object store."""
        arrays = ray.get(list(pixels.values()))
        pictures = {
            image_id: SharedPicture(image_id, array, ref)
            for (image_id, ref), array in zip(pixels.items(), arrays, strict=True)
        }
        before = replace(self._engine.counters)
        jobs = (Job(source, pictures[image_id]) for source, image_id in programs)
        runs = [run for _, run in self._engine.run(jobs)]
        return ChunkResult(runs, self._engine.counters.since(before))
