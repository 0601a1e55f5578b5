"""Vision tools in an actor of their own, so that one model on one GPU serves many program workers.

The actor runs one batch at a time. Calls that arrive meanwhile are merged into the next one, up to `batch`
requests, so small batches of several workers become large ones without timers. If the actor or its node dies,
Ray starts it anew and repeats what was asked; tools only answer, so asking twice is safe. Connection and
time-out errors inside a tool are tried again after a pause. What remains is raised in the worker that asked.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import ray
from ray.exceptions import RayError, RayTaskError

from vpd.errors import ToolError
from vpd.execution.cache import Answer
from vpd.execution.cluster.pictures import SharedPicture
from vpd.execution.cluster.settings import ClusterSettings
from vpd.execution.engine import EngineSettings
from vpd.geometry import Box
from vpd.tools.protocol import Picture, Plain, Tool, ToolRequest, ToolSet

_PAUSES = (0.5, 2.0, 8.0)  # seconds before a tool is asked again
_TRANSIENT = (ConnectionError, TimeoutError)
_REPEATS = 5  # of one batch, each after the actor died

OpenTools = Callable[[], ToolSet]


@dataclass(frozen=True)
class PackedRequest:
    """A request whose pixels travel apart: `picture` counts in the pictures sent along."""

    picture: int
    image_id: str
    region: Box
    args: tuple[Plain, ...]


class RemoteTool:
    """One tool of a ToolServer, as a worker sees it."""

    def __init__(self, version: str, method: str, server: Any) -> None:
        self.version = version
        self._method, self._server = method, server

    def run(self, batch: Sequence[ToolRequest]) -> Sequence[Answer]:
        """Ask the actor. Raises what the tool raised there, or ToolError if the actor is gone for good."""
        pixels: dict[str, Any] = {}
        for picture in (request.picture for request in batch):
            pixels[picture.image_id] = picture.ref if isinstance(picture, SharedPicture) else picture.pixels
        places = {image_id: place for place, image_id in enumerate(pixels)}
        packed = [
            PackedRequest(places[r.picture.image_id], r.picture.image_id, r.region, r.args) for r in batch
        ]
        try:
            return list(ray.get(self._server.answer.remote(self._method, packed, *pixels.values())))
        except RayTaskError as error:
            raise error.cause from None
        except RayError as error:
            raise ToolError(f"the actor that holds {self.version} is gone: {error}") from error


@dataclass(eq=False)
class _Asked:
    requests: list[ToolRequest]
    answers: asyncio.Future[Sequence[Answer]]


class ToolServer:
    """The actor: a tool set behind a queue for each method."""

    def __init__(self, open_tools: OpenTools, settings: EngineSettings) -> None:
        self._open_tools, self._settings = open_tools, settings
        self._queues: dict[str, deque[_Asked]] = defaultdict(deque)
        self._one_at_a_time = asyncio.Lock()

    @cached_property
    def _toolset(self) -> ToolSet:
        return self._open_tools()  # not in __init__: an error there would reach nobody as itself

    async def versions(self) -> tuple[str, dict[str, str]]:
        """Return the set's name and the version of each method's tool."""
        return self._toolset.name, {method: tool.version for method, tool in self._toolset.tools.items()}

    async def answer(self, method: str, packed: Sequence[PackedRequest], *pixels: Any) -> Sequence[Answer]:
        """Answer requests in order; Ray has put the pixels in the places of their references."""
        requests = [ToolRequest(Picture(p.image_id, pixels[p.picture]), p.region, p.args) for p in packed]
        asked = _Asked(requests, asyncio.get_running_loop().create_future())
        self._queues[method].append(asked)
        async with self._one_at_a_time:
            if not asked.answers.done():  # an earlier batch may have taken it along
                await self._serve(method)
        return await asked.answers

    async def _serve(self, method: str) -> None:
        merged = self._take(self._queues[method])
        try:
            answers = await self._ask(method, [request for asked in merged for request in asked.requests])
        except Exception as error:
            for asked in merged:
                asked.answers.set_exception(error)
            return
        for asked in merged:
            asked.answers.set_result(answers[: len(asked.requests)])
            answers = answers[len(asked.requests) :]

    def _take(self, queue: deque[_Asked]) -> list[_Asked]:
        merged = [queue.popleft()]
        room = self._settings.batch - len(merged[0].requests)
        while queue and len(queue[0].requests) <= room:
            merged.append(queue.popleft())
            room -= len(merged[-1].requests)
        return merged

    async def _ask(self, method: str, batch: Sequence[ToolRequest]) -> Sequence[Answer]:
        tool = self._toolset.tools[method]
        for pause in _PAUSES:
            try:
                return await self._once(tool, batch)
            except _TRANSIENT:
                await asyncio.sleep(pause)
        return await self._once(tool, batch)

    async def _once(self, tool: Tool, batch: Sequence[ToolRequest]) -> Sequence[Answer]:
        seconds = self._settings.tool_seconds
        work = asyncio.ensure_future(asyncio.to_thread(tool.run, batch))
        done, _ = await asyncio.wait([work], timeout=seconds)
        if not done:  # its thread cannot be stopped; the next batch gets another
            raise ToolError(f"{tool.version} gave no answer within {seconds:g} s")
        answers = work.result()
        if len(answers) != len(batch):
            raise ToolError(f"{tool.version} gave {len(answers)} answers to {len(batch)} requests")
        return answers


@contextmanager
def shared_tools(
    open_tools: OpenTools, settings: EngineSettings, cluster: ClusterSettings
) -> Iterator[ToolSet]:
    """Start the actor and yield its tools as workers see them; the set may be pickled.

    Raises what `open_tools` raises, and ToolError if the cluster has no room for the actor.
    """
    options = {"num_cpus": cluster.tool_cpus, "num_gpus": cluster.tool_gpus}
    actor = ray.remote(ToolServer).options(**options, max_restarts=-1, max_task_retries=_REPEATS)
    server: Any = actor.remote(open_tools, settings)
    try:
        yield _remote(server, cluster)
    finally:
        ray.kill(server)


def _remote(server: Any, cluster: ClusterSettings) -> ToolSet:
    try:
        name, versions = ray.get(server.versions.remote(), timeout=cluster.start_seconds)
    except RayTaskError as error:
        raise error.cause from None
    except RayError as error:
        raise ToolError(
            f"the actor for shared tools did not start within {cluster.start_seconds:g} s; it needs "
            f"{cluster.tool_cpus:g} cores and {cluster.tool_gpus:g} GPUs on one node: {error}"
        ) from error
    return ToolSet(
        name, {method: RemoteTool(version, method, server) for method, version in versions.items()}
    )
