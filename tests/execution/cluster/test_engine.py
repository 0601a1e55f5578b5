"""The engine on Ray: the local engine's traces, whatever dies."""

import itertools
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from vpd.errors import ConfigError, SandboxError
from vpd.execution.cluster.engine import RayEngine, open_ray_engine
from vpd.execution.cluster.settings import ClusterSettings, Placement
from vpd.execution.engine import EngineSettings, open_engine
from vpd.execution.program_engine import ProgramEngine
from vpd.execution.run import Job
from vpd.execution.trace import events_to_json
from vpd.tools.protocol import Picture, Tool, ToolFailure, ToolRequest, ToolResult, ToolSet
from vpd.tools.toolset import open_toolset

pytestmark = pytest.mark.slow

COUNT = "return str(len(ImagePatch(image).find('cube')))"
NEAREST = "return min(ImagePatch(image).find('cube'), key=lambda c: c.compute_depth()).simple_query('color?')"
FAILS = "return ImagePatch(image).find('sphere')[9].simple_query('color?')"
BROKEN = "return ImagePatch(image).simple_query('broken')"
UNKNOWN = "return str(len(ImagePatch(image).find('frisbee')))"
PROGRAMS = [COUNT, NEAREST, FAILS, BROKEN, UNKNOWN, "return 1 +"]
FATAL = "return ImagePatch(image).simple_query('fatal')"

SETTINGS = EngineSettings(in_flight=4)
CLUSTER = ClusterSettings(workers=2, chunk=8, tool_cpus=0.0, start_seconds=200.0)

Toolsets = Callable[..., ToolSet]
Pictures = Callable[..., Picture]


def jobs(picture: Pictures, pictures: int = 16) -> list[Job]:
    """Return every program on every picture, numbered."""
    made = itertools.product(range(pictures), PROGRAMS)
    return [Job(source, picture(digit), number) for number, (digit, source) in enumerate(made)]


def traces(engine: ProgramEngine, asked: Iterable[Job]) -> list[tuple[Any, ...]]:
    """Return everything of the runs but timings and what came from a cache."""
    return [
        (job.tag, run.outcome, run.answer, run.message, run.line, run.tool_calls, events_to_json(run.events))
        for job, run in engine.run(asked)
    ]


def local_traces(toolset: ToolSet, asked: Iterable[Job]) -> list[tuple[Any, ...]]:
    with open_engine(toolset, SETTINGS) as engine:
        return traces(engine, asked)


def on_ray(
    open_tools: Callable[[], ToolSet], tools: Placement = "worker", **cluster: Any
) -> AbstractContextManager[RayEngine]:
    settings = ClusterSettings(**{**vars(CLUSTER), "tools": tools, **cluster})
    return open_ray_engine(open_tools, SETTINGS, settings)


class Fatal:
    """A tool that kills the process it is in when it is asked for `fatal`: once, or whenever asked."""

    def __init__(self, tool: Tool, once: Path | None) -> None:
        self.card = tool.card
        self._tool, self._once = tool, once

    def run(self, batch: Sequence[ToolRequest]) -> Sequence[ToolResult | ToolFailure]:
        if any("fatal" in request.args for request in batch) and self._first():
            os.kill(os.getpid(), signal.SIGKILL)
        return self._tool.run(batch)

    def _first(self) -> bool:
        if self._once is None:
            return True
        try:
            self._once.touch(exist_ok=False)
        except FileExistsError:
            return False
        return True


def fatal_tools(toolset: Toolsets, once: Path | None = None) -> ToolSet:
    fakes = toolset()
    return ToolSet(fakes.name, {method: Fatal(tool, once) for method, tool in fakes.tools.items()})


@pytest.mark.parametrize("tools", ["worker", "shared"])
def test_ray_engine_gives_the_traces_of_the_local_engine(
    two_nodes: Any, fake_toolset: Toolsets, fake_picture: Pictures, tools: Placement
) -> None:
    expected = local_traces(fake_toolset(), jobs(fake_picture))
    assert {row[1] for row in expected} >= {"answered", "runtime", "crash", "syntax"}
    with on_ray(fake_toolset, tools) as engine:
        assert traces(engine, jobs(fake_picture)) == expected
        assert traces(engine, reversed(jobs(fake_picture))) == expected[::-1]
        assert engine.tools_version == fake_toolset().version
        assert engine.isolation.startswith("vm")
        assert engine.counters.calls == 2 * sum(row[5] for row in expected)


@pytest.mark.parametrize("tools", ["worker", "shared"])
def test_ray_engine_when_the_process_of_the_tools_is_killed_gives_the_same_traces(
    two_nodes: Any, fake_toolset: Toolsets, fake_picture: Pictures, tmp_path: Path, tools: Placement
) -> None:
    asked = jobs(fake_picture)
    asked.insert(50, Job(FATAL, fake_picture(8), "fatal"))
    expected = local_traces(fake_toolset(), asked)
    killed = tmp_path / "killed"
    with on_ray(partial(fatal_tools, fake_toolset, killed), tools) as engine:
        assert traces(engine, asked) == expected
    assert killed.exists()


def test_ray_engine_program_that_always_kills_its_worker_crashes_alone(
    two_nodes: Any, fake_toolset: Toolsets, fake_picture: Pictures
) -> None:
    asked = jobs(fake_picture, 4)
    expected = local_traces(fake_toolset(), asked)
    asked.insert(5, Job(FATAL, fake_picture(0), "fatal"))
    with on_ray(partial(fatal_tools, fake_toolset), chunk=4) as engine:
        rows = traces(engine, asked)
    [fatal] = [row for row in rows if row[0] == "fatal"]
    assert fatal[1] == "crash"
    assert "died" in fatal[3]
    assert rows[5] == fatal
    assert [row for row in rows if row is not fatal] == expected


def test_ray_engine_when_a_node_is_lost_gives_the_same_traces(
    two_nodes: Any, fake_toolset: Toolsets, fake_picture: Pictures
) -> None:
    expected = local_traces(fake_toolset(), jobs(fake_picture))

    def losing_a_node() -> Iterator[Job]:
        for job in jobs(fake_picture):
            if job.tag == 40:
                two_nodes.remove_second_node()
            yield job

    try:
        with on_ray(fake_toolset) as engine:
            while engine.workers < 2:
                traces(engine, jobs(fake_picture, 1))
            assert traces(engine, losing_a_node()) == expected
            assert engine.workers == 1
    finally:
        two_nodes.add_second_node()


def test_ray_engine_after_sandbox_workers_are_killed_goes_on(
    two_nodes: Any, fake_toolset: Toolsets, fake_picture: Pictures
) -> None:
    expected = local_traces(fake_toolset(), jobs(fake_picture))
    with on_ray(fake_toolset, workers=1) as engine:
        traces(engine, jobs(fake_picture, 1))
        [worker] = two_nodes.processes("ray::ProgramWorker")
        sandboxes = worker.children(recursive=True)
        for process in sandboxes:
            process.kill()
        assert len(sandboxes) >= SETTINGS.in_flight
        assert traces(engine, jobs(fake_picture)) == expected


def test_ray_engine_takes_jobs_only_as_there_is_room_and_can_be_left_early(
    two_nodes: Any, fake_toolset: Toolsets, fake_picture: Pictures
) -> None:
    taken = 0

    def endless() -> Iterator[Job]:
        nonlocal taken
        for number in itertools.count():
            taken += 1
            yield Job(COUNT, fake_picture(number % 16), number)

    with on_ray(fake_toolset) as engine:
        runs = engine.run(endless())
        for due in range(100):
            assert next(runs)[0].tag == due
            assert taken - due <= 6 * CLUSTER.workers * CLUSTER.chunk
        runs.close()
        assert traces(engine, jobs(fake_picture)) == local_traces(fake_toolset(), jobs(fake_picture))


def test_ray_engine_leaves_no_process_behind(
    two_nodes: Any, fake_toolset: Toolsets, fake_picture: Pictures
) -> None:
    with on_ray(fake_toolset, "shared", workers=1) as engine:
        traces(engine, jobs(fake_picture, 1))
        [worker] = two_nodes.processes("ray::ProgramWorker")
        [server] = two_nodes.processes("ray::ToolServer")
        ours = [worker, server, *worker.children(recursive=True)]
    _, alive = psutil.wait_procs(ours, timeout=30)
    assert not alive


@pytest.mark.parametrize("tools", ["worker", "shared"])
def test_ray_engine_of_unknown_tools_says_so(two_nodes: Any, tools: Placement) -> None:
    with pytest.raises(ConfigError, match="unknown tool set"), on_ray(partial(open_toolset, "none"), tools):
        pass


def test_ray_engine_without_a_sandbox_says_so(two_nodes: Any, fake_toolset: Toolsets, tmp_path: Path) -> None:
    broken = EngineSettings(in_flight=2, binary_path=tmp_path / "none")
    with pytest.raises(SandboxError, match="none"), open_ray_engine(fake_toolset, broken, CLUSTER):
        pass


def test_ray_engine_without_room_on_the_cluster_says_what_it_needs(
    two_nodes: Any, fake_toolset: Toolsets
) -> None:
    with (
        pytest.raises(SandboxError, match="fewer cores"),
        on_ray(fake_toolset, worker_cpus=64.0, start_seconds=1.0),
    ):
        pass
