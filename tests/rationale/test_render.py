from collections.abc import Callable
from typing import Any

import pytest

from vpd.execution.trace import PatchRef, TraceEvent
from vpd.geometry import Box
from vpd.rationale.faithful import check_rationale
from vpd.rationale.render import render

SIZE = 100
PICTURE = PatchRef(0, "image", Box(0, 0, SIZE, SIZE))


def test_render_shape_says_what_decides_and_ends_in_the_answer(
    shape: str, told: dict[str, Any], expected: tuple[str, tuple[str, ...]]
) -> None:
    answer, needed = expected
    run = told[shape]
    assert run.answer == answer
    assert run.text.endswith(f" The answer is {answer.replace(',', '')}.")
    for fact in needed:
        assert fact in run.text.lower()


def test_render_shape_passes_the_check(shape: str, told: dict[str, Any]) -> None:
    run = told[shape]
    assert check_rationale(run.text, run.events, run.answer, SIZE, SIZE) == []


def test_render_shape_is_short_enough_for_a_small_student(shape: str, told: dict[str, Any]) -> None:
    assert 5 <= len(told[shape].text.split()) <= 75


def test_render_worked_examples_pass_the_check(told_examples: dict[str, Any]) -> None:
    for question, run in told_examples.items():
        assert check_rationale(run.text, run.events, run.answer, SIZE, SIZE) == [], question


def test_render_unused_call_is_left_out(told: dict[str, Any]) -> None:
    assert "sphere" not in told["unused call"].text


def test_render_same_trace_twice_gives_the_same_text(told: dict[str, Any]) -> None:
    for run in told.values():
        assert render(run.source, run.events, run.answer, SIZE, SIZE) == run.text


def test_render_repeated_call_is_said_once(tell: Callable[[str], Any]) -> None:
    run = tell('a = image_patch.find("cube")\nb = image_patch.find("cube")\nreturn str(len(a) + len(b))')
    assert run.text.count("I find 2 cubes") == 1
    assert check_rationale(run.text, run.events, run.answer, SIZE, SIZE) == []


def test_render_many_objects_leaves_the_boxes_out() -> None:
    found = tuple(PatchRef(i + 1, "bird", Box(i, 0, i + 1, 9)) for i in range(12))
    events = (TraceEvent(0, 2, "tool", "find", found, PICTURE, ("bird",)),)
    text = render('def f(i):\n    return str(len(ImagePatch(i).find("bird")))', events, "12", SIZE, SIZE)
    assert text == "I find 12 birds. The answer is 12."
    assert check_rationale(text, events, "12", SIZE, SIZE) == []


def test_render_loop_variable_named_like_a_comprehensions_is_not_mixed_up(tell: Callable[[str], Any]) -> None:
    run = tell("""
for p in image_patch.find("cube"):
    pass
anchor = image_patch.find("cylinder")[0]
left = [p for p in image_patch.find("sphere") if p.horizontal_center < anchor.horizontal_center]
return str(len(left))""")
    assert "cube at [500 600 620 720] is" not in run.text
    assert "sphere is right of the cylinder" in run.text


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (
            """
kept = []
for c in image_patch.find("cube"):
    if c.verify_property("cube", "red"):
        kept.append(c)
return bool_to_yesno(len(kept) < len(image_patch.find("sphere")))""",
            "0 is less than 1",
        ),
        (
            """
cubes = image_patch.find("cube")
cubes.reverse()
sphere = image_patch.find("cylinder")[0]
return bool_to_yesno(cubes[0].horizontal_center > sphere.horizontal_center)""",
            "is left of",
        ),
        (
            """
n = 0
for name in ["cube", "sphere"]:
    n = n + len(image_patch.find(name))
return str(n)""",
            "0 plus 2",
        ),
        (
            """
cube = image_patch.find("red cube")[0]
return bool_to_yesno(cube.horizontal_center < image_patch.horizontal_center)""",
            "of the picture",
        ),
    ],
)
def test_render_what_the_trace_does_not_settle_is_not_said(
    body: str, wrong: str, tell: Callable[[str], Any]
) -> None:
    run = tell(body)
    assert wrong not in run.text
    assert check_rationale(run.text, run.events, run.answer, SIZE, SIZE) == []


def test_render_trace_of_another_program_is_still_true_of_the_trace(told: dict[str, Any]) -> None:
    sources = [run.source for run in told.values()]
    for run, source in zip(told.values(), [*sources[7:], *sources[:7]], strict=True):
        text = render(source, run.events, run.answer, SIZE, SIZE)
        kinds = {p.kind for p in check_rationale(text, run.events, run.answer, SIZE, SIZE)}
        assert kinds <= {"evidence"}, text


@pytest.mark.parametrize("body", ['return "2"', 'x = image_patch.find("cube")\nreturn "yes"'])
def test_render_program_that_does_not_look_has_no_evidence(body: str, tell: Callable[[str], Any]) -> None:
    run = tell(body)
    problems = check_rationale(run.text, run.events, run.answer, SIZE, SIZE)
    assert [p.kind for p in problems] == ["evidence"]
