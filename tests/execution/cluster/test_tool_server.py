"""The queue of shared tools, without Ray around it."""

import asyncio
import threading
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from vpd.errors import ToolError
from vpd.execution.cache import Answer
from vpd.execution.cluster import tool_server
from vpd.execution.cluster.tool_server import PackedRequest, ToolServer
from vpd.geometry import Box
from vpd.tools.protocol import ToolCard, ToolRequest, ToolResult, ToolSet

PIXELS = np.zeros((4, 6, 3), np.uint8)
REGION = Box(0.0, 0.0, 6.0, 4.0)


class Counting:
    """Answers with its only argument; remembers batches, and does before each what it is told to."""

    card = ToolCard("detect", "counting@1")

    def __init__(self, before: Callable[[int], None] = lambda _: None) -> None:
        self.batches: list[int] = []
        self._before = before

    def run(self, batch: Sequence[ToolRequest]) -> list[Answer]:
        self.batches.append(len(batch))
        self._before(len(self.batches))
        return [ToolResult(request.args[0]) for request in batch]


def server(tool: Counting, seconds: float = 30.0) -> ToolServer:
    return ToolServer(lambda: ToolSet("counting", {"find": tool}, full_batch=8), seconds)


def ask(opened: ToolServer, *numbers: int) -> asyncio.Task[list[int]]:
    """Send the numbers as one worker's batch; the answers are the same numbers."""
    packed = [PackedRequest(0, "0" * 64, REGION, (number,)) for number in numbers]

    async def values() -> list[int]:
        return [answer.value for answer in await opened.answer("find", packed, PIXELS)]

    return asyncio.ensure_future(values())


async def test_tool_server_merges_what_waits_and_gives_each_its_own_answers() -> None:
    first_asked, go_on = threading.Event(), threading.Event()

    def hold_the_first(number: int) -> None:
        if number == 1:
            first_asked.set()
            assert go_on.wait(20)

    tool = Counting(hold_the_first)
    opened = server(tool)
    first = ask(opened, 1)
    await asyncio.to_thread(first_asked.wait, 20)
    others = [ask(opened, 10 * n, 10 * n + 1, 10 * n + 2) for n in range(1, 5)]
    await asyncio.sleep(0)
    go_on.set()
    assert await first == [1]
    assert await asyncio.gather(*others) == [[10 * n, 10 * n + 1, 10 * n + 2] for n in range(1, 5)]
    assert tool.batches == [1, 6, 6]  # three threes would be more than the set's eight


async def test_tool_server_transient_error_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool_server, "_PAUSES", (0.0, 0.0))

    def fail_twice(number: int) -> None:
        if number <= 2:
            raise ConnectionError("the model server restarts")

    tool = Counting(fail_twice)
    assert await ask(server(tool), 7) == [7]
    assert len(tool.batches) == 3


async def test_tool_server_transient_error_that_stays_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool_server, "_PAUSES", (0.0, 0.0))

    def fail(_: int) -> None:
        raise ConnectionError("no model server")

    tool = Counting(fail)
    with pytest.raises(ConnectionError, match="no model server"):
        await ask(server(tool), 7)
    assert len(tool.batches) == 3


async def test_tool_server_other_error_is_raised_at_once_and_the_next_batch_is_served() -> None:
    def fail_first(number: int) -> None:
        if number == 1:
            raise RuntimeError("bad weights")

    opened = server(Counting(fail_first))
    with pytest.raises(RuntimeError, match="bad weights"):
        await ask(opened, 7)
    assert await ask(opened, 8) == [8]


async def test_tool_server_tool_that_hangs_is_left_behind() -> None:
    end = threading.Event()

    def hang_first(number: int) -> None:
        if number == 1:
            end.wait(60)

    opened = server(Counting(hang_first), seconds=0.2)
    try:
        with pytest.raises(ToolError, match="no answer"):
            await ask(opened, 7)
        assert await ask(opened, 8) == [8]
    finally:
        end.set()
