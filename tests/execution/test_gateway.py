"""What tools return is checked before a program sees it."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from vpd.execution.arguments import BadArgument
from vpd.execution.gateway import ToolGateway
from vpd.geometry import Box
from vpd.tools.methods import IMAGE_PATCH
from vpd.tools.protocol import Detection, Picture, ToolCard, ToolFailure, ToolRequest, ToolResult, ToolSet

NAN = float("nan")


class Fixed:
    card = ToolCard("detect", "fixed@1")

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def run(self, batch: Sequence[ToolRequest]) -> list[Any]:
        return [self.answer for _ in batch]


def asked(method: str, answer: Any, picture: Picture) -> ToolResult | ToolFailure:
    gateway = ToolGateway(ToolSet("fixed", {method: Fixed(answer)}))
    args = ("cube",) * len(IMAGE_PATCH[method].parameters)
    call = gateway.call(method, picture, Box(0.0, 0.0, 9.0, 9.0), args)
    [given] = gateway.ask([call])
    return given


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("find", ToolResult((Detection(Box(NAN, 0, 5, 5), 0.5),))),
        ("find", ToolResult((Detection(Box(0, 0, float("inf"), 5), 0.5),))),
        ("find", ToolResult((Detection(Box(0, 0, 5, 5), NAN),))),
        ("find", ToolResult(("a box",))),
        ("find", "no result at all"),
        ("compute_depth", ToolResult(NAN)),
        ("compute_depth", ToolResult(np.float32(1.5))),  # type: ignore[arg-type]
        ("exists", ToolResult(True, NAN)),
        ("simple_query", ToolResult({"a": "dict"})),  # type: ignore[arg-type]
        ("simple_query", None),
    ],
)
def test_gateway_unusable_result_is_a_failure_of_the_tool(
    method: str, answer: Any, fake_picture: Callable[..., Picture]
) -> None:
    given = asked(method, answer, fake_picture())
    assert isinstance(given, ToolFailure)
    assert given.kind == "error"


def test_gateway_boxes_are_cut_off_at_the_border(fake_picture: Callable[..., Picture]) -> None:
    boxes = [Box(-50, 10, 20, 500), Box(200, 0, 300, 9), Box(5, 5, 5, 9)]
    given = asked("find", ToolResult(tuple(Detection(box, 0.5) for box in boxes)), fake_picture())
    assert given == ToolResult((Detection(Box(0.0, 10.0, 20.0, 96.0), 0.5),))


def test_gateway_method_without_a_tool_is_a_bad_argument(fake_picture: Callable[..., Picture]) -> None:
    gateway = ToolGateway(ToolSet("none", {}))
    with pytest.raises(BadArgument, match="find"):
        gateway.call("find", fake_picture(), Box(0.0, 0.0, 9.0, 9.0), ("cube",))
