"""Between programs and tools: one batch per method for all calls that wait, each distinct call asked once.

A tool that raises on a batch is asked again request by request, so that one bad request hurts only itself.
What a tool returns is checked once, here: boxes are cut off at the picture's border, a result that is not a
number is the tool's failure.
"""

import math
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from vpd.errors import ToolError
from vpd.execution.cache import CallKey, ToolCache
from vpd.geometry import Box
from vpd.tools.protocol import Detection, Tool, ToolFailure, ToolRequest, ToolResult, ToolSet

Answer = ToolResult | ToolFailure


@dataclass(frozen=True, eq=False)
class ToolCall:
    """One waiting call: the method and its request."""

    method: str
    request: ToolRequest


@dataclass
class Counters:
    """What went through a gateway since it was opened."""

    calls: int = 0
    cached: int = 0
    batches: int = 0
    tool_seconds: float = 0.0

    def since(self, before: "Counters") -> "Counters":
        """Return what was added since an earlier copy."""
        return Counters(
            self.calls - before.calls,
            self.cached - before.cached,
            self.batches - before.batches,
            self.tool_seconds - before.tool_seconds,
        )


class ToolGateway:
    """Answers calls from the cache or from the tools."""

    def __init__(self, toolset: ToolSet, cache: ToolCache) -> None:
        self.toolset = toolset
        self.counters = Counters()
        self._cache = cache

    def key(self, call: ToolCall) -> CallKey:
        """Return what decides the answer to a call."""
        request = call.request
        version = self.toolset.tools[call.method].version
        return CallKey(request.picture.image_id, request.region, call.method, request.args, version)

    def answer(self, calls: Sequence[ToolCall]) -> list[tuple[Answer, bool]]:
        """Answer calls in order, and tell of each whether it cost no tool request of its own."""
        keys = [self.key(call) for call in calls]
        answers = {key: kept for key in set(keys) if (kept := self._cache.get(key)) is not None}
        asked: dict[str, dict[CallKey, ToolRequest]] = defaultdict(dict)
        cached: list[bool] = []
        for key, call in zip(keys, calls, strict=True):
            cached.append(key in answers or key in asked[call.method])
            if not cached[-1]:
                asked[call.method][key] = call.request
        for method, requests in sorted(asked.items()):
            if requests:
                answers.update(zip(requests, self._ask(method, list(requests.values())), strict=True))
        for requests in asked.values():
            for key in requests:
                self._cache.put(key, answers[key])
        self.counters.calls += len(calls)
        self.counters.cached += sum(cached)
        return [(answers[key], hit) for key, hit in zip(keys, cached, strict=True)]

    def _ask(self, method: str, requests: list[ToolRequest]) -> list[Answer]:
        started = time.perf_counter()
        tool = self.toolset.tools[method]
        try:
            answers = _run(tool, requests)
        except Exception as error:
            one_by_one = len(requests) > 1
            answers = [_run_alone(tool, r) for r in requests] if one_by_one else [_failure(error)]
        self.counters.batches += 1
        self.counters.tool_seconds += time.perf_counter() - started
        return [_checked(method, r, a) for r, a in zip(requests, answers, strict=True)]


def _run(tool: Tool, requests: Sequence[ToolRequest]) -> list[Answer]:
    answers = list(tool.run(requests))
    if len(answers) != len(requests):
        raise ToolError(f"{tool.version} gave {len(answers)} answers to {len(requests)} requests")
    return answers


def _run_alone(tool: Tool, request: ToolRequest) -> Answer:
    try:
        return _run(tool, [request])[0]
    except Exception as error:
        return _failure(error)


def _failure(error: Exception) -> ToolFailure:
    return ToolFailure("error", f"{type(error).__name__}: {error}")


def _checked(method: str, request: ToolRequest, answer: Answer) -> Answer:
    """Return the answer as programs may see it."""
    if isinstance(answer, ToolFailure):
        return answer
    if method != "find":
        unusable = isinstance(answer.value, float) and not math.isfinite(answer.value)
        return ToolFailure("error", f"{method} gave {answer.value}") if unusable else answer
    kept: list[Detection] = []
    for found in answer.value if isinstance(answer.value, tuple) else ():
        if not isinstance(found, Detection):
            return ToolFailure("error", "find gave something other than detections")
        edges = [float(v) for v in (found.box.left, found.box.top, found.box.right, found.box.bottom)]
        if not all(map(math.isfinite, edges)):
            return ToolFailure("error", f"find gave a box that is no box: {edges}")
        box = Box(*edges).clamp(float(request.picture.width), float(request.picture.height))
        if box.area > 0:
            kept.append(Detection(box, found.confidence))
    return ToolResult(tuple(kept), answer.confidence)
