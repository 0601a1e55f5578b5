"""Trusted programs give the same answer and the same tool calls in the sandbox and in plain Python."""

import builtins
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vpd.execution.answer import answer_text
from vpd.execution.arguments import BadArgument, crop_box, tool_arguments
from vpd.execution.engine import Engine
from vpd.execution.run import Job
from vpd.execution.trace import Run
from vpd.geometry import Box
from vpd.tools.image_patch import bool_to_yesno
from vpd.tools.methods import IMAGE_PATCH
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


def in_plain_python(source: str, picture: Picture, answer: Answer) -> tuple[str | type, list[Call]]:
    """Run a program of this repository with `exec`: its answer, or what it raised, and its tool calls."""
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
            given = checked(lambda: tool_arguments(IMAGE_PATCH[method], args))
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
    try:
        value = names["execute_command"](ImagePatch(None))
        return answer_text(type(value).__name__, value), calls
    except Exception as error:
        return type(error), calls


def checked(check: Callable[[], Any]) -> Any:
    """Check arguments as the engine does, and raise what it raises in the program."""
    try:
        return check()
    except BadArgument as error:
        raise getattr(builtins, error.kind)(str(error)) from error


def edges(box: Box) -> tuple[float, ...]:
    return box.left, box.top, box.right, box.bottom


def in_the_sandbox(source: str, picture: Picture, engine: Engine) -> tuple[Run, list[Call]]:
    [(_, run)] = engine.run([Job(source, picture)])
    tools = [e for e in run.events if e.kind == "tool" and e.patch is not None]
    return run, [(e.name, edges(e.patch.box), e.args) for e in tools if e.patch is not None]


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("digit", [0, 5])
def test_trusted_program_in_the_sandbox_answers_and_calls_like_plain_python(
    name: str, digit: int, engine: Engine, fake_picture: Callable[..., Picture], fake_answer: Answer
) -> None:
    picture = fake_picture(digit)
    answer, calls = in_plain_python(PROGRAMS[name], picture, fake_answer)
    run, asked = in_the_sandbox(PROGRAMS[name], picture, engine)
    assert (run.outcome, run.answer, run.message) == ("answered", answer, None)
    assert asked == calls


def grammar() -> dict[str, list[str]]:
    parts = re.split(r"^# (.+)\n", Path(__file__).with_name("grammar.txt").read_text(), flags=re.MULTILINE)[
        1:
    ]
    return {kind: rules.splitlines() for kind, rules in zip(parts[::2], parts[1::2], strict=True)}


class Writer:
    """Writes random well-typed programs: `<num>` is a number, `<num|q:patch>` one that may use patch q."""

    rules = grammar()
    hole = re.compile(r"<([a-z ]+)(?:\|(\w+):(\w+))?>")

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.count = 0

    def program(self) -> str:
        names = {"patch": "patch"}
        lines = self.statements(names, 0)
        shown = [name for name, kind in names.items() if not kind.startswith("patch")]
        shown.append(self.expression("text", names, 0))
        lines.append(f"return str([{', '.join(shown)}])")
        body = "\n    ".join(["patch = ImagePatch(image)", *lines])
        return f"import functools\nimport math\n\ndef execute_command(image):\n    {body}\n"

    def expression(self, kind: str, names: dict[str, str], depth: int) -> str:
        known = [name for name, of in names.items() if of == kind]
        if known and self.random.random() < 0.3:
            return self.random.choice(known)
        rules = self.rules[kind]
        closed = [rule for rule in rules if "<" not in rule or kind.startswith("some")]
        return self.filled(self.random.choice(closed if depth > 3 and closed else rules), names, depth + 1)

    def filled(self, rule: str, names: dict[str, str], depth: int) -> str:
        return self.hole.sub(
            lambda m: self.expression(m[1], names | ({m[2]: m[3]} if m[2] else {}), depth), rule
        )

    def statements(self, names: dict[str, str], depth: int) -> list[str]:
        rules = self.rules["statement"]
        simple = [rule for rule in rules if "<block" not in rule]
        lines: list[str] = []
        for _ in range(self.random.randint(1, 4 - depth)):
            rule = self.random.choice(rules if depth < 2 else simple)
            new: dict[str, str] = {}
            for part in rule.split("/"):
                if part.startswith("<block"):
                    hole = self.hole.fullmatch(part)
                    assert hole
                    inner = names | ({hole[2]: hole[3]} if hole[2] else {})
                    lines += ["    " + line for line in self.statements(inner, depth + 1)]
                else:
                    lines.append(self.filled(self.named(part, new), names, depth))
            names |= new
        return lines

    def named(self, part: str, new: dict[str, str]) -> str:
        def name(match: re.Match[str]) -> str:
            self.count += 1
            new[f"x{self.count}"] = match[1]
            return f"x{self.count}"

        part = re.sub(r"<new (\w+)>", name, part)
        return part.replace("<old>", next(reversed(new), ""))


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_random_program_in_the_sandbox_ends_and_calls_like_plain_python(
    first: int, engine: Engine, fake_picture: Callable[..., Picture], fake_answer: Answer
) -> None:
    for seed in range(first, first + 50):
        source = Writer(seed).program()
        expected, calls = in_plain_python(source, fake_picture(), fake_answer)
        run, asked = in_the_sandbox(source, fake_picture(), engine)
        if run.outcome in ("unsupported", "budget"):
            continue
        ends = expected if isinstance(expected, str) else expected.__name__
        assert (run.answer or str(run.message).split(":")[0]) == ends, source
        assert asked == calls, source
