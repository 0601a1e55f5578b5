"""Answers of tools, kept by everything that decides them.

The key holds the picture's sha256, the region, the method, its arguments and the tool's version, so an answer
can never serve another picture, and a new tool version starts afresh. The least recently used entries go
first. One cache serves all candidates and shards of an engine. Not here: keeping answers on disk.
"""

from collections import OrderedDict
from dataclasses import dataclass

from vpd.geometry import Box
from vpd.tools.protocol import Plain, ToolFailure, ToolResult


@dataclass(frozen=True, slots=True)
class CallKey:
    """What decides a tool's answer."""

    image_id: str
    region: Box
    method: str
    args: tuple[Plain, ...]
    tool_version: str


class ToolCache:
    """A bounded map from calls to answers."""

    def __init__(self, entries: int) -> None:
        self._entries = entries
        self._answers: OrderedDict[CallKey, ToolResult | ToolFailure] = OrderedDict()

    def __len__(self) -> int:
        return len(self._answers)

    def get(self, key: CallKey) -> ToolResult | ToolFailure | None:
        """Return the answer to this very call, or None."""
        answer = self._answers.get(key)
        if answer is not None:
            self._answers.move_to_end(key)
        return answer

    def put(self, key: CallKey, answer: ToolResult | ToolFailure) -> None:
        """Keep an answer, unless the tool merely failed: that may pass."""
        if isinstance(answer, ToolFailure) and answer.kind == "error":
            return
        self._answers[key] = answer
        self._answers.move_to_end(key)
        if len(self._answers) > self._entries:
            self._answers.popitem(last=False)
