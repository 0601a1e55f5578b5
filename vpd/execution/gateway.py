"""Between programs and tools: asks a tool one batch, and checks what it returns.

A tool that raises on a batch is asked again request by request, so that one bad request hurts only itself.
Boxes are cut off at the picture's border; a result that is not a number is the tool's failure.

Not here: which calls form a batch, and tools that hang (`vpd.execution.scheduler`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from vpd.errors import ToolError
from vpd.execution.arguments import BadArgument
from vpd.execution.cache import Answer, CallKey
from vpd.geometry import Box
from vpd.tools.protocol import Detection, Tool, ToolFailure, ToolRequest, ToolResult, ToolSet


@dataclass(frozen=True, eq=False, slots=True)
class ToolCall:
    """One call: the method, its request, and the key of its answer."""

    method: str
    request: ToolRequest
    key: CallKey


class ToolGateway:
    """Turns calls into answers that programs may see."""

    def __init__(self, toolset: ToolSet) -> None:
        self.toolset = toolset

    def call(self, method: str, request: ToolRequest) -> ToolCall:
        """Return the call of a method. Raises BadArgument if no tool serves it."""
        tool = self.toolset.tools.get(method)
        if tool is None:
            raise BadArgument("LookupError", f"these tools cannot do {method}")
        key = CallKey(request.picture.image_id, request.region, method, request.args, tool.version)
        return ToolCall(method, request, key)

    def ask(self, calls: Sequence[ToolCall]) -> list[Answer]:
        """Return the answers to calls of one method, in order. Never raises."""
        tool = self.toolset.tools[calls[0].method]
        requests = [call.request for call in calls]
        try:
            answers = _run(tool, requests)
        except Exception as error:
            one_by_one = len(requests) > 1
            answers = [_run_alone(tool, r) for r in requests] if one_by_one else [_failure(error)]
        return [_checked(c.method, c.request, a) for c, a in zip(calls, answers, strict=True)]


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


def _checked(method: str, request: ToolRequest, answer: object) -> Answer:
    """Return the answer as programs may see it."""
    if isinstance(answer, ToolFailure):
        return answer
    if not isinstance(answer, ToolResult):
        return ToolFailure("error", f"{method} gave a {type(answer).__name__} and no result")
    if answer.confidence is not None and not math.isfinite(answer.confidence):
        return ToolFailure("error", f"{method} gave the confidence {answer.confidence}")
    if method == "find":
        return _checked_boxes(request, answer)
    return answer if _is_plain(answer.value) else ToolFailure("error", f"{method} gave {answer.value!r:.100}")


def _checked_boxes(request: ToolRequest, answer: ToolResult) -> Answer:
    kept: list[Detection] = []
    for found in answer.value if isinstance(answer.value, tuple) else ():
        if not isinstance(found, Detection):
            return ToolFailure("error", "find gave something other than detections")
        box = found.box
        edges = (float(box.left), float(box.top), float(box.right), float(box.bottom))
        if not all(map(math.isfinite, (*edges, found.confidence))):
            return ToolFailure("error", f"find gave a box that is no box: {list(edges)}")
        box = Box(*edges).clamp(float(request.picture.width), float(request.picture.height))
        if box.area > 0:
            kept.append(Detection(box, float(found.confidence)))
    return ToolResult(tuple(kept), answer.confidence)


def _is_plain(value: object) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    if type(value) is float:
        return math.isfinite(value)
    return value is None or type(value) in (bool, int, str)
