"""Trusted programs give the same answer and the same tool calls in the sandbox and in plain Python."""

import builtins
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vpd.execution.answer import answer_text
from vpd.execution.arguments import BadArgument, crop_box, tool_arguments
from vpd.execution.engine import Engine
from vpd.execution.image_patch import bool_to_yesno
from vpd.execution.run import Job
from vpd.geometry import Box
from vpd.tools.protocol import Picture, ToolFailure, ToolRequest, ToolResult

FILES = sorted(Path(__file__).with_name("trusted").glob("*.txt"))


def programs() -> dict[str, str]:
    found = {}
    for file in FILES:
        parts = re.split(r"^### (.+)\n", file.read_text(), flags=re.MULTILINE)[1:]
        found |= {
            f"{file.stem}: {name}": source for name, source in zip(parts[::2], parts[1::2], strict=True)
        }
    return found


PROGRAMS = programs()

Answer = Callable[[str, ToolRequest], ToolResult | ToolFailure]
Call = tuple[str, tuple[float, ...], tuple[Any, ...]]


def in_plain_python(source: str, picture: Picture, answer: Answer) -> tuple[str, list[Call]]:
    """Run a program of this repository with `exec`: its answer and its tool calls."""
    calls: list[Call] = []
    size = float(picture.width), float(picture.height)

    class ImagePatch:
        def __init__(self, image: "ImagePatch | None", box: Box | None = None) -> None:
            self.box = box or (image.box if image else Box(0.0, 0.0, *size))
            self.left, self.top, self.right, self.bottom = (
                self.box.left,
                self.box.top,
                self.box.right,
                self.box.bottom,
            )
            self.width, self.height = self.box.width, self.box.height
            self.horizontal_center, self.vertical_center = self.box.center

        def ask(self, method: str, *args: Any) -> Any:
            given = checked(lambda: tool_arguments(method, args))
            calls.append((method, edges(self.box), given))
            reply = answer(method, ToolRequest(picture, self.box, given))
            if isinstance(reply, ToolFailure):
                raise LookupError(reply.message)
            return reply.value

        def find(self, object_name: str) -> list["ImagePatch"]:
            return [ImagePatch(None, found.box) for found in self.ask("find", object_name)]

        def exists(self, object_name: str) -> bool:
            return self.ask("exists", object_name)

        def verify_property(self, object_name: str, property: str) -> bool:
            return self.ask("verify_property", object_name, property)

        def simple_query(self, question: str) -> str:
            return self.ask("simple_query", question)

        def best_text_match(self, options: list[str]) -> str:
            return self.ask("best_text_match", options)

        def compute_depth(self) -> float:
            return self.ask("compute_depth")

        def crop(self, left: float, top: float, right: float, bottom: float) -> "ImagePatch":
            return ImagePatch(None, checked(lambda: crop_box((left, top, right, bottom), *size)))

        def overlaps_with(self, other: "ImagePatch") -> bool:
            return self.box.overlap(other.box) > 0

    names: dict[str, Any] = {"ImagePatch": ImagePatch, "bool_to_yesno": bool_to_yesno}
    exec(source, names)
    value = names["execute_command"](ImagePatch(None))
    return answer_text(type(value).__name__, value), calls


def checked(check: Callable[[], Any]) -> Any:
    """Check arguments as the engine does, and raise what it raises in the program."""
    try:
        return check()
    except BadArgument as error:
        raise getattr(builtins, error.kind)(str(error)) from error


def edges(box: Box) -> tuple[float, ...]:
    return box.left, box.top, box.right, box.bottom


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("digit", [0, 5])
def test_trusted_program_in_the_sandbox_answers_and_calls_like_plain_python(
    name: str, digit: int, engine: Engine, fake_picture: Callable[..., Picture], fake_answer: Answer
) -> None:
    picture = fake_picture(digit)
    answer, calls = in_plain_python(PROGRAMS[name], picture, fake_answer)
    [(_, run)] = engine.run([Job(PROGRAMS[name], picture)])
    asked = [
        (e.name, edges(e.patch.box), e.args) for e in run.events if e.kind == "tool" and e.patch is not None
    ]
    assert (run.outcome, run.answer, run.message) == ("answered", answer, None)
    assert asked == calls
