"""A simulation of a GPU model server: it answers correctly and takes its time by sleeping.

20 ms for a batch of up to 32 requests and 0.5 ms for each request in it; one batch at a time.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from threading import Lock

from vpd.tools.protocol import Tool, ToolFailure, ToolRequest, ToolResult, ToolSet

BATCH = 32
BATCH_SECONDS = 0.020
REQUEST_SECONDS = 0.0005


class SimulatedServer:
    """A tool whose answers arrive when a server would have sent them."""

    def __init__(self, tool: Tool, one_at_a_time: Lock) -> None:
        self.card = replace(tool.card, version=f"simulated/{tool.card.version}")
        self._tool = tool
        self._one_at_a_time = one_at_a_time

    def run(self, batch: Sequence[ToolRequest]) -> list[ToolResult | ToolFailure]:
        """Answer in batches of at most BATCH."""
        answers: list[ToolResult | ToolFailure] = []
        for start in range(0, len(batch), BATCH):
            asked = batch[start : start + BATCH]
            with self._one_at_a_time:
                ready = time.perf_counter() + BATCH_SECONDS + REQUEST_SECONDS * len(asked)
                answers += self._tool.run(asked)
                time.sleep(max(0.0, ready - time.perf_counter()))
        return answers


def simulated(toolset: ToolSet) -> ToolSet:
    """Return the tools of a set behind one simulated server."""
    lock = Lock()
    tools = {method: SimulatedServer(tool, lock) for method, tool in toolset.tools.items()}
    return ToolSet(f"simulated {toolset.name}", tools, BATCH)
