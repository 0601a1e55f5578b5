"""The actor that holds a tool set for all program workers, so that one model on one GPU serves them.

It runs one batch at a time. Calls that arrive meanwhile are merged into the next batch, up to the set's
`full_batch`, so small batches of several workers become large ones without timers. Connection and time-out
errors inside a tool are tried again after a pause; what remains is raised in the worker that asked.

Not here: the death of the actor (`vpd.execution.cluster.tools`).
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from vpd.errors import ToolError
from vpd.execution.cache import Answer
from vpd.geometry import Box
from vpd.tools.methods import Plain
from vpd.tools.protocol import Picture, Tool, ToolCard, ToolRequest, ToolSet

OpenTools = Callable[[], ToolSet]

_PAUSES = (0.5, 2.0, 8.0)  # seconds before a tool is asked again
_TRANSIENT = (ConnectionError, TimeoutError)


@dataclass(frozen=True)
class PackedRequest:
    """A request whose pixels travel apart: `picture` counts in the pictures sent along."""

    picture: int
    image_id: str
    region: Box
    args: tuple[Plain, ...]


@dataclass(eq=False)
class _Asked:
    requests: list[ToolRequest]
    answers: asyncio.Future[Sequence[Answer]]


class ToolServer:
    """The actor: a tool set behind a queue for each method."""

    def __init__(self, open_tools: OpenTools, tool_seconds: float) -> None:
        self._open_tools, self._tool_seconds = open_tools, tool_seconds
        self._queues: dict[str, deque[_Asked]] = defaultdict(deque)
        self._one_at_a_time = asyncio.Lock()

    @cached_property
    def _toolset(self) -> ToolSet:
        return self._open_tools()  # not in __init__: an error there would reach nobody as itself

    async def describe(self) -> tuple[ToolSet, dict[str, ToolCard]]:
        """Return the set without its tools, and the card of each method's tool."""
        cards = {method: tool.card for method, tool in self._toolset.tools.items()}
        return replace(self._toolset, tools={}), cards

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
        room = self._toolset.full_batch - len(merged[0].requests)
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
        work = asyncio.ensure_future(asyncio.to_thread(tool.run, batch))
        done, _ = await asyncio.wait([work], timeout=self._tool_seconds)
        if not done:  # its thread cannot be stopped; the next batch gets another
            raise ToolError(f"{tool.card.version} gave no answer within {self._tool_seconds:g} s")
        answers = work.result()
        if len(answers) != len(batch):
            raise ToolError(f"{tool.card.version} gave {len(answers)} answers to {len(batch)} requests")
        return answers
