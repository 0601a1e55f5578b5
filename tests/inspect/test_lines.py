"""The lines worked out from events are the lines that plain Python executes."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from vpd.execution.arguments import BadArgument, crop_box, tool_arguments
from vpd.execution.program import Program, canonical
from vpd.execution.trace import PatchRef, Run, Value
from vpd.geometry import Box
from vpd.inspect.lines import executed_lines
from vpd.tools.image_patch import bool_to_yesno
from vpd.tools.methods import IMAGE_PATCH


def programs(path: Path) -> dict[str, str]:
    parts = re.split(r"^### (.+)\n", path.read_text(), flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


OWN = Path(__file__).with_name("line_programs.txt")
TRUSTED = sorted(Path(__file__).parents[1].glob("execution/trusted/*.txt"))
PROGRAMS = {name: source for path in [*TRUSTED, OWN] for name, source in programs(path).items()}


# An exception that no step tells of: lines on its way may count as not executed.
SILENT = {"try_reraise", "try_nested", "unbound_local_is_an_error"}


class Replayed:
    """An `ImagePatch` whose tools answer what the recorded run was told, in its order."""

    def __init__(self, image: Any, box: Box | None = None) -> None:
        self._answers: list[Any] = image._answers if isinstance(image, Replayed) else image
        self.box = box = box or image.box
        self.left, self.top, self.right, self.bottom = box.left, box.top, box.right, box.bottom
        self.width, self.height = box.width, box.height
        self.horizontal_center, self.vertical_center = box.center

    def crop(self, *edges: float, **named: float) -> "Replayed":
        return Replayed(self, _checked(lambda: crop_box((*edges, *named.values()), 128, 96)))

    def overlaps_with(self, other: "Replayed") -> bool:
        return self.box.overlap(other.box) > 0

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if method not in IMAGE_PATCH:
            raise AttributeError(method)

        def ask(*args: Any, **named: Any) -> Any:
            _checked(lambda: tool_arguments(IMAGE_PATCH[method], (*args, *named.values())))
            return self._given(self._answers.pop(0))

        return ask

    def _given(self, value: Value) -> Any:
        if value is None:
            raise LookupError
        if isinstance(value, PatchRef):
            return Replayed(self, value.box)
        return [self._given(item) for item in value] if isinstance(value, tuple) else value


def _checked(check: Callable[[], Any]) -> Any:
    try:
        return check()
    except BadArgument as error:
        raise {"TypeError": TypeError, "ValueError": ValueError}[error.kind](str(error)) from None


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
    except (ArithmeticError, AttributeError, LookupError, NameError, TypeError, ValueError):
        assert run.outcome == "runtime"
    finally:
        sys.settrace(before)
    return lines


def comparable(source: str, lines: set[int] | frozenset[int]) -> list[str]:
    """Return lines that plain Python reports: no keyword, no declaration, no second line of a statement."""
    text = dict(enumerate(source.split("\n"), start=1))
    silent = ("else:", "finally:", "nonlocal ", "global ")
    return [f"{n} {text[n]}" for n in sorted(lines) if not text[n].strip().startswith(silent)]


@pytest.mark.parametrize("name", PROGRAMS)
def test_executed_lines_are_those_that_plain_python_executes(
    name: str, run_program: Callable[[str], Run]
) -> None:
    program, run = canonical(PROGRAMS[name]), run_program(PROGRAMS[name])
    assert isinstance(program, Program)
    lit = executed_lines(program.source, run)
    assert lit is not None
    found, wanted = (
        comparable(program.source, lines) for lines in (lit, lines_in_plain_python(program.source, run))
    )
    if name in SILENT:
        assert set(found) < set(wanted)
    else:
        assert found == wanted


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


@pytest.mark.parametrize("kind", ["names", "loops", "vocabulary", "runtime", "blind", "answer", "copied"])
def test_executed_lines_of_a_program_that_was_found_wrong_before_a_run_are_unknown(kind: str) -> None:
    run = Run(kind, None, (), "found in review")  # type: ignore[arg-type]
    assert executed_lines("def execute_command(image):\n    return 1", run) is None


def test_executed_lines_else_is_lit_with_its_block_only(run_program: Callable[[str], Run]) -> None:
    source = "n = len(image.find('{}'))\nif n:\n    a = 'some'\nelse:\n    a = 'none'\nreturn a"
    for name, lit in (("cube", [1, 2, 3, 4, 7]), ("pyramid", [1, 2, 3, 5, 6, 7])):
        program = canonical(source.format(name))
        assert isinstance(program, Program)
        assert executed_lines(program.source, run_program(program.source)) == frozenset(lit)
