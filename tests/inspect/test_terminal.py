import io
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import pytest
from rich.console import Console

from vpd.execution.trace import PatchRef, TraceEvent
from vpd.geometry import Box
from vpd.inspect.terminal import show_trace
from vpd.inspect.view import TraceView
from vpd.records import Question

Views = Callable[..., TraceView]
HOSTILE = "[bold]x[/bold] \x1b]0;title\x07\x1b[2J\u202e [/]"


def printed(view: TraceView, colors: Literal["truecolor"] | None = None, width: int = 160) -> str:
    out = io.StringIO()
    show_trace(Console(file=out, width=width, color_system=colors, force_terminal=colors is not None), view)
    return out.getvalue()


def test_terminal_shows_program_with_lit_lines_values_steps_and_answer(view_of: Views) -> None:
    view = view_of("cubes = image.find('cube')\nif not cubes:\n    return 'none'\nreturn str(len(cubes))")
    lines = printed(view).splitlines()
    lit = [line.split("▎")[1].strip() for line in lines if "▎" in line]
    assert [text.split("  ")[0] for text in lit] == [
        "def execute_command(image):",
        "cubes = image.find('cube')",
        "if not cubes:",
        "return str(len(cubes))",
    ]
    assert any("cubes = image.find('cube')" in line and "cubes = [#1, #2, #3]" in line for line in lines)
    assert any('image.find("cube")' in line and "90%" in line for line in lines)
    assert lines[-1].split() == ["answered", "3"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("return image.find('ball')[4]", "runtime (line 2)"),
        ("return 1 +", "syntax"),
        ("while True:\n    pass\nreturn 1", "budget"),
    ],
)
def test_terminal_ends_with_the_outcome_of_a_failed_run(view_of: Views, source: str, said: str) -> None:
    assert printed(view_of(source)).splitlines()[-1].startswith(said)


def test_terminal_with_colours_draws_the_picture_and_its_boxes(view_of: Views) -> None:
    view = view_of("return str(len(image.find('ball')))")
    assert "▀" not in printed(view)
    drawn = printed(view, "truecolor")
    assert drawn.count("▀") == 56 * 21
    assert "38;2;194;37;92" in drawn
    assert "▀" not in printed(replace(view, picture=None), "truecolor")


def test_terminal_makes_hostile_texts_harmless(view_of: Views) -> None:
    patch = PatchRef(1, HOSTILE, Box(0, 0, 5, 5))
    events = tuple(
        TraceEvent(n, 1, kind, HOSTILE, (HOSTILE, patch), patch, (HOSTILE,))
        for n, kind in enumerate(("tool", "value", "branch", "return"))
    )
    view = view_of("return 1")
    run = replace(view.run, events=events, answer=HOSTILE)
    question = Question("q", "a" * 64, HOSTILE, (HOSTILE,), (), HOSTILE, "train", False, "s")
    hostile = replace(view, run=run, source=HOSTILE, question=question, image_ref=HOSTILE, trace_id="t")
    shown = printed(hostile, width=400)
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert shown.count("[bold]x[/bold]") > 8
