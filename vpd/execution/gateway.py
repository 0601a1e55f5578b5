"""Between programs and tools: asks a tool one batch, and checks what it returns.

A tool that raises on a batch is asked again request by request, so that one bad request hurts only itself.
Boxes are cut off at the picture's border; a result that is not a number is the tool's failure.

Not here: which calls form a batch, and tools that hang (`vpd.execution.scheduler`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vpd.errors import EndpointError, StoreError, ToolError
from vpd.execution.arguments import BadArgument, tool_arguments
from vpd.execution.cache import Answer, CallKey
from vpd.geometry import Box
from vpd.tools.methods import Method, ReturnType
from vpd.tools.protocol import Detection, Picture, Tool, ToolFailure, ToolRequest, ToolResult, ToolSet

_FATAL = (EndpointError, StoreError)
NOWHERE = Box(0.0, 0.0, 0.0, 0.0)  # the region of calls that do not look at the picture


@dataclass(frozen=True, eq=False, slots=True)
class ToolCall:
    """One call: the method, its request, and the key of its answer."""

    method: Method
    request: ToolRequest
    key: CallKey


class ToolGateway:
    """Turns calls into answers that programs may see."""

    def __init__(self, toolset: ToolSet) -> None:
        self.toolset = toolset
        self.asking = frozenset(toolset.methods)
        """The names of all methods that ask a tool."""

    def call(self, name: str, picture: Picture, region: Box, args: tuple[Any, ...]) -> ToolCall:
        """Return the call of a method with a program's arguments. Raises BadArgument if that cannot be."""
        method = self.toolset.methods.get(name)
        if method is None:
            raise BadArgument("TypeError", f"ImagePatch has no method {name!r}")
        checked = tool_arguments(method, args)
        tool = self.toolset.tools.get(name)
        if tool is None:
            raise BadArgument("LookupError", f"these tools cannot do {name}")
        image_id, seen = (picture.image_id, region) if method.looks else ("", NOWHERE)
        key = CallKey(image_id, seen, name, checked, tool.card.version)
        return ToolCall(method, ToolRequest(picture, region, checked), key)

    def ask(self, calls: Sequence[ToolCall]) -> list[Answer]:
        """Return the answers to calls of one method, in order.

        Raises EndpointError or StoreError if no call can be answered: the endpoint is broken, the disk full.
        """
        tool = self.toolset.tools[calls[0].method.name]
        requests = [call.request for call in calls]
        try:
            answers = _run(tool, requests)
        except _FATAL:
            raise
        except Exception as error:
            one_by_one = len(requests) > 1
            answers = [_run_alone(tool, r) for r in requests] if one_by_one else [_failure(error)]
        return [_checked(c.method, c.request, a) for c, a in zip(calls, answers, strict=True)]


def _run(tool: Tool, requests: Sequence[ToolRequest]) -> list[Answer]:
    answers = list(tool.run(requests))
    if len(answers) != len(requests):
        raise ToolError(f"{tool.card.version} gave {len(answers)} answers to {len(requests)} requests")
    return answers


def _run_alone(tool: Tool, request: ToolRequest) -> Answer:
    try:
        return _run(tool, [request])[0]
    except _FATAL:
        raise
    except Exception as error:
        return _failure(error)


def _failure(error: Exception) -> ToolFailure:
    return ToolFailure("error", f"{type(error).__name__}: {error}")


def _checked(method: Method, request: ToolRequest, answer: object) -> Answer:
    """Return the answer as programs may see it."""
    if isinstance(answer, ToolFailure):
        return answer
    if not isinstance(answer, ToolResult):
        return ToolFailure("error", f"{method.name} gave a {type(answer).__name__} and no result")
    if answer.confidence is not None and not math.isfinite(answer.confidence):
        return ToolFailure("error", f"{method.name} gave the confidence {answer.confidence}")
    if method.returns_patches:
        return _checked_boxes(method, request, answer)
    if _is_of(method.returns, answer.value):
        return answer
    return ToolFailure("error", f"{method.name} gave {answer.value!r:.100}, no {method.returns}")


def _checked_boxes(method: Method, request: ToolRequest, answer: ToolResult) -> Answer:
    kept: list[Detection] = []
    for found in answer.value if isinstance(answer.value, tuple) else ():
        if not isinstance(found, Detection):
            return ToolFailure("error", f"{method.name} gave something other than detections")
        box = found.box
        edges = (float(box.left), float(box.top), float(box.right), float(box.bottom))
        if not all(map(math.isfinite, (*edges, found.confidence))):
            return ToolFailure("error", f"{method.name} gave a box that is no box: {list(edges)}")
        box = Box(*edges).clamp(float(request.picture.width), float(request.picture.height))
        if box.area > 0:
            kept.append(Detection(box, float(found.confidence)))
    return ToolResult(tuple(kept), answer.confidence)


def _is_of(kind: ReturnType, value: object) -> bool:
    if kind == "float":
        return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]
    return type(value).__name__ == kind
