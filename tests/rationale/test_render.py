from collections.abc import Callable
from string import Formatter
from typing import Any

import pytest

from vpd.execution.trace import PatchRef, TraceEvent
from vpd.geometry import Box
from vpd.rationale.faithful import check_rationale
from vpd.rationale.render import render
from vpd.rationale.telling.forms import FORMS, Phrasing

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
    assert check_rationale(run.text, run.source, run.events, run.answer, SIZE, SIZE) == []


def test_render_shape_is_short_enough_for_a_small_student(shape: str, told: dict[str, Any]) -> None:
    assert 5 <= len(told[shape].text.split()) <= 85


def test_render_worked_examples_pass_the_check(told_examples: dict[str, Any]) -> None:
    for question, run in told_examples.items():
        assert check_rationale(run.text, run.source, run.events, run.answer, SIZE, SIZE) == [], question


def test_render_unused_call_is_left_out(told: dict[str, Any]) -> None:
    assert "sphere" not in told["unused call"].text


def test_render_same_trace_twice_gives_the_same_text(told: dict[str, Any]) -> None:
    for run in told.values():
        assert render(run.source, run.events, run.answer, SIZE, SIZE) == run.text


SEEDS = ("q-1", "q-2", "q-3", "q-4", "q-5", "q-6")


def test_render_seeds_give_several_phrasings_and_the_same_seed_the_same(told: dict[str, Any]) -> None:
    run = told["count in relation, comprehension"]
    texts = [render(run.source, run.events, run.answer, SIZE, SIZE, seed=seed) for seed in SEEDS * 2]
    assert texts[: len(SEEDS)] == texts[len(SEEDS) :]
    assert len(set(texts)) >= 3


def test_render_any_phrasing_passes_the_check(shape: str, told: dict[str, Any]) -> None:
    run = told[shape]
    for seed in SEEDS:
        text = render(run.source, run.events, run.answer, SIZE, SIZE, seed=seed)
        assert check_rationale(text, run.source, run.events, run.answer, SIZE, SIZE) == [], text


def test_render_every_phrasing_of_every_form_is_used_and_its_slots_are_filled() -> None:
    slots = {
        slot for form in FORMS.values() for text in form for _, slot, _, _ in Formatter().parse(text) if slot
    }
    for form, phrasings in FORMS.items():
        said = {Phrasing(f"q-{i}")(form, **dict.fromkeys(slots, "it")) for i in range(100)}
        assert len(said) == len(phrasings)
        assert all("{" not in text for text in said)


def test_render_repeated_call_is_said_once(tell: Callable[[str], Any]) -> None:
    run = tell('a = image_patch.find("cube")\nb = image_patch.find("cube")\nreturn str(len(a) + len(b))')
    assert run.text.count("I find 2 cubes") == 1
    assert check_rationale(run.text, run.source, run.events, run.answer, SIZE, SIZE) == []


def test_render_many_objects_leaves_the_boxes_out() -> None:
    source = 'def execute_command(image):\n    return str(len(ImagePatch(image).find("bird")))'
    found = tuple(PatchRef(i + 1, "bird", Box(i, 0, i + 1, 9)) for i in range(12))
    events = (
        TraceEvent(0, 2, "tool", "find", found, PICTURE, ("bird",)),
        TraceEvent(1, 2, "return", "str(len(ImagePatch(image).find('bird')))", "12"),
    )
    text = render(source, events, "12", SIZE, SIZE)
    assert text == "I find 12 birds. The answer is 12."
    assert check_rationale(text, source, events, "12", SIZE, SIZE) == []


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
    ("body", "said", "wrong"),
    [
        (
            """
kept = []
for c in image_patch.find("cube"):
    if c.verify_property("cube", "red"):
        kept.append(c)
return bool_to_yesno(len(kept) < len(image_patch.find("sphere")))""",
            "1 is equal to 1",
            "0 is less than 1",
        ),
        (
            """
cubes = image_patch.find("cube")
cubes.reverse()
anchor = image_patch.find("cylinder")[0]
return bool_to_yesno(cubes[0].horizontal_center > anchor.horizontal_center)""",
            "The cube at [500 600 620 720] is right of the cylinder",
            "is left of",
        ),
        (
            """
n = 0
for name in ["cube", "sphere"]:
    n = n + len(image_patch.find(name))
return str(n)""",
            "2 plus 1 is 3",
            "0 plus 2",
        ),
        (
            """
cubes = image_patch.find("cube")
nearest = min(cubes, key=lambda c: c.compute_depth() * 0)
return nearest.simple_query("What color is it?")""",
            "The color of the cube at [100 400 300 600] is red",
            "nearest",
        ),
    ],
)
def test_render_says_what_the_program_went_by_and_no_more(
    body: str, said: str, wrong: str, tell: Callable[[str], Any]
) -> None:
    text = tell(body).text
    assert said in text
    assert wrong not in text


def test_render_trace_of_another_program_is_still_true_of_the_trace(told: dict[str, Any]) -> None:
    sources = [run.source for run in told.values()]
    for run, source in zip(told.values(), [*sources[7:], *sources[:7]], strict=True):
        text = render(source, run.events, run.answer, SIZE, SIZE)
        kinds = {p.kind for p in check_rationale(text, run.source, run.events, run.answer, SIZE, SIZE)}
        assert kinds <= {"evidence", "omitted"}, text


@pytest.mark.parametrize("body", ['return "2"', 'x = image_patch.find("cube")\nreturn "yes"'])
def test_render_program_that_does_not_look_has_no_evidence(body: str, tell: Callable[[str], Any]) -> None:
    run = tell(body)
    problems = check_rationale(run.text, run.source, run.events, run.answer, SIZE, SIZE)
    assert [p.kind for p in problems] == ["evidence"]
