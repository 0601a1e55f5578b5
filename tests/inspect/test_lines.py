"""The lines worked out from events are the lines that plain Python executes."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from vpd.execution.image_patch import bool_to_yesno
from vpd.execution.program import Program, canonical
from vpd.execution.trace import PatchRef, Run, Value
from vpd.geometry import Box
from vpd.inspect.lines import executed_lines


def programs(path: Path) -> dict[str, str]:
    parts = re.split(r"^### (.+)\n", path.read_text(), flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


TESTS = Path(__file__).parents[1]
PROGRAMS = programs(TESTS / "execution" / "trusted_programs.txt") | programs(
    TESTS / "inspect" / "line_programs.txt"
)


class Replayed:
    """An `ImagePatch` whose tools answer what the recorded run was told, in its order."""

    def __init__(self, image: Any, box: Box | None = None) -> None:
        self._answers: list[Any] = image._answers if isinstance(image, Replayed) else image
        self.box = box = box or image.box
        self.left, self.top, self.right, self.bottom = box.left, box.top, box.right, box.bottom
        self.width, self.height = box.width, box.height
        self.horizontal_center, self.vertical_center = box.center

    def crop(self, left: float, top: float, right: float, bottom: float) -> "Replayed":
        return Replayed(self, Box(left, top, right, bottom).clamp(128, 96))

    def overlaps_with(self, other: "Replayed") -> bool:
        return self.box.overlap(other.box) > 0

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return lambda *_, **__: self._given(self._answers.pop(0))

    def _given(self, value: Value) -> Any:
        if value is None:
            raise LookupError
        if isinstance(value, PatchRef):
            return Replayed(self, value.box)
        return [self._given(item) for item in value] if isinstance(value, tuple) else value


def lines_in_plain_python(source: str, run: Run) -> set[int]:
    """Execute a program of this repository again, with what its tools said, and note every line."""
    lines: set[int] = set()
    answers = [event.value for event in run.events if event.kind == "tool"]
    names: dict[str, Any] = {"ImagePatch": Replayed, "bool_to_yesno": bool_to_yesno}

    def note(frame: FrameType, event: str, _arg: object) -> Any:
        if frame.f_globals is not names:
            return None
        if event == "line":
            lines.add(frame.f_lineno)
        return note

    before = sys.gettrace()
    sys.settrace(note)
    try:
        exec(compile(source, "<program>", "exec"), names)
        names["execute_command"](Replayed(answers, Box(0, 0, 128, 96)))
    except (ArithmeticError, LookupError, TypeError, ValueError):
        assert run.outcome == "runtime"
    finally:
        sys.settrace(before)
    return lines


def comparable(source: str, lines: set[int] | frozenset[int]) -> list[str]:
    """Return lines that plain Python reports: no keyword, no declaration, no second line of a statement."""
    text = dict(enumerate(source.split("\n"), start=1))
    silent = ("else:", "finally:", "nonlocal ", "global ")
    return [f"{n} {text[n]}" for n in sorted(lines) if not text[n].strip().startswith(silent)]


@pytest.mark.parametrize("source", PROGRAMS.values(), ids=PROGRAMS)
def test_executed_lines_are_those_that_plain_python_executes(
    source: str, run_program: Callable[[str], Run]
) -> None:
    program, run = canonical(source), run_program(source)
    assert isinstance(program, Program)
    lit = executed_lines(program.source, run)
    assert lit is not None
    lines = lines_in_plain_python(program.source, run)
    assert comparable(program.source, lit) == comparable(program.source, lines)


@pytest.mark.parametrize(
    "source",
    ["while True:\n    pass\nreturn 1", "return 1 +", "import os\nreturn 1", "x = eval('1')\nreturn x"],
)
def test_executed_lines_of_a_run_that_was_stopped_or_never_began_are_unknown(
    source: str, run_program: Callable[[str], Run]
) -> None:
    program = canonical(source)
    text = program.source if isinstance(program, Program) else source
    assert executed_lines(text, run_program(source)) is None


def test_executed_lines_else_is_lit_with_its_block_only(run_program: Callable[[str], Run]) -> None:
    source = "n = len(image.find('{}'))\nif n:\n    a = 'some'\nelse:\n    a = 'none'\nreturn a"
    for name, lit in (("cube", [1, 2, 3, 4, 7]), ("pyramid", [1, 2, 3, 5, 6, 7])):
        program = canonical(source.format(name))
        assert isinstance(program, Program)
        assert executed_lines(program.source, run_program(program.source)) == frozenset(lit)
