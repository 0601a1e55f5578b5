"""Calls that programs wait for: who waits, and which calls make the next batch.

Not here: locks and threads (`vpd.execution.scheduler`).
"""

from collections import deque

from vpd.execution.cache import CallKey
from vpd.execution.gateway import ToolCall

_MOST_AT_ONCE = 32  # requests, where a batch gains nothing: bounds how long others wait


class WaitingCalls:
    """Calls in queues by method, and the programs that wait for each, by number."""

    def __init__(self, full_batch: int) -> None:
        self._full = full_batch
        self._most = full_batch if full_batch > 1 else _MOST_AT_ONCE
        self._programs: dict[CallKey, list[int]] = {}
        self._queues: dict[str, deque[ToolCall]] = {}
        self._alone: deque[ToolCall] = deque()

    def add(self, number: int, call: ToolCall) -> bool:
        """Let a program wait for a call; tell whether others wait for the same already."""
        programs = self._programs.setdefault(call.key, [])
        programs.append(number)
        if len(programs) > 1:
            return True
        self._queues.setdefault(call.method.name, deque()).append(call)
        return False

    def next_batch(self, *, may_grow: bool) -> list[ToolCall]:
        """Take calls of one method: a full batch, or while the queues may grow nothing less."""
        if self._alone:
            return [self._alone.popleft()]
        queue = max(self._queues.values(), key=len, default=deque())
        if may_grow and len(queue) < self._full:
            return []
        return [queue.popleft() for _ in range(min(self._most, len(queue)))]

    def split(self, calls: list[ToolCall]) -> None:
        """Put calls that were asked together back, each to be asked alone and first."""
        self._alone.extend(calls)

    def answered(self, call: ToolCall) -> list[int]:
        """Return the programs that waited for a call, the first to ask first; they wait no longer."""
        return self._programs.pop(call.key)
