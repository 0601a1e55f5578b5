"""What one program run may use. A run that reaches a limit ends with the outcome `budget`."""

from dataclasses import dataclass
from typing import Literal

Limit = Literal["seconds", "memory", "recursion", "host_calls", "tool_calls", "events", "output"]


@dataclass(frozen=True)
class Limits:
    """Limits of one run; they are part of what decides a trace."""

    seconds: float = 2.0
    """Execution time in the sandbox, without waiting for tools."""
    memory_bytes: int = 64 * 2**20
    """Heap of the interpreter."""
    recursion: int = 200
    """Depth of the call stack."""
    host_calls: int = 1000
    """Tool calls, crops and flushes of recorded events."""
    tool_calls: int = 200
    """Distinct tool calls; asking the same again is free."""
    events: int = 10_000
    """Recorded steps; ends most endless loops long before the time limit, and always at the same step."""
    output_characters: int = 100_000
    """Printed text and the answer."""
