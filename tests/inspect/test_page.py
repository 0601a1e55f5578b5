"""A run as a page: what is lit, what is drawn where, and that nothing hostile gets out of its place."""

import re
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest

from tests.verdicts import VERDICT
from vpd.execution.trace import PatchRef, Run, TraceEvent
from vpd.geometry import Box
from vpd.inspect.page import trace_page
from vpd.inspect.view import TraceView
from vpd.records import Question

Views = Callable[..., TraceView]
Check = Callable[[str], Any]

LOOP = """
cubes = image.find('cube')
red = 0
for cube in cubes:
    if cube.verify_property('cube', 'red'):
        red += 1
if red > 2:
    return 'many'
return str(red)
"""
HOSTILE = (
    "</title></style></svg><script>alert(1)</script><img src=x onerror=alert(1)>\" onload='alert(1)' "
    "{{ 7 * 7 }} {% raw %} \u202e\x1b[31m\x00 url(javascript:alert(1)) ]]> <!-- "
)


def question(text: str = "How many red cubes are there?", answers: tuple[str, ...] = ("1",)) -> Question:
    return Question("q1", "a" * 64, text, answers, (), "count", "train", False, "tests")


def numbers(element: Any, *names: str) -> tuple[float, ...]:
    return tuple(float(element.attributes[name]) for name in names)


def test_page_lights_the_executed_lines_and_no_other(view_of: Views, assert_harmless: Check) -> None:
    view = view_of(LOOP, question=question(), right=True)
    code = assert_harmless(trace_page(view)).one("ol", "code")
    shown = {line.one("code").text: line.classes for line in code.every("li")}
    assert list(shown) == view.source.split("\n")
    assert [text.strip() for text, classes in shown.items() if "lit" not in classes] == ["return 'many'"]
    assert [text.strip() for text, classes in shown.items() if "dim" in classes] == ["return 'many'"]


def test_page_of_a_run_without_steps_lights_nothing_and_says_why(
    view_of: Views, assert_harmless: Check
) -> None:
    page = assert_harmless(trace_page(view_of("while True:\n    pass\nreturn 1")))
    assert not page.every("li", "lit")
    assert not page.every("li", "dim")
    assert not page.every("li", "step")
    assert "budget" in page.one("main").text


def test_page_of_an_error_marks_its_line_and_says_what_happened(
    view_of: Views, assert_harmless: Check
) -> None:
    page = assert_harmless(
        trace_page(view_of("found = image.find('ball')\nreturn found[5].left", question=question()))
    )
    stopped = page.one("li", "stopped")
    assert "found[5].left" in stopped.one("code").text
    assert "IndexError" in stopped.one("span", "error").text
    assert [badge.text for badge in page.every("span", "badge")] == ["runtime"]


def test_page_draws_every_box_at_its_place_in_the_pixels_of_the_picture(
    view_of: Views, assert_harmless: Check
) -> None:
    page = assert_harmless(trace_page(view_of(LOOP)))
    picture = page.one("svg", "picture")
    assert picture.attributes["viewbox"] == "0 0 128 96"
    sides = [numbers(box.every("rect")[1], "x", "y", "width", "height") for box in picture.every("g", "box")]
    assert sides == [(8, 8, 20, 32), (60, 20, 30, 40), (100, 64, 20, 26)]
    assert [box.one("text").text for box in picture.every("g", "box")] == ["1", "2", "3"]
    for plate in picture.every("rect", "plate"):
        x, y, width, height = numbers(plate, "x", "y", "width", "height")
        assert 0 <= x <= 128 - width
        assert 0 <= y <= 96 - height


def test_page_shows_of_every_call_the_region_it_looked_at_and_what_it_found(
    view_of: Views, assert_harmless: Check
) -> None:
    view = view_of("left = image.crop(0, 0, 64, 96)\nreturn str(len(left.find('cube')))")
    crop = assert_harmless(trace_page(view)).one("svg", "crop")
    assert crop.attributes["viewbox"] == "0 0 64 96"
    found = [numbers(box.every("rect")[1], "x", "y", "width", "height") for box in crop.every("g", "box")]
    assert found == [(8, 8, 20, 32), (60, 20, 30, 40)]


def test_page_shows_every_step_with_its_line_value_and_confidence(
    view_of: Views, assert_harmless: Check
) -> None:
    view = view_of(LOOP)
    steps = assert_harmless(trace_page(view)).every("li", "step")
    assert len(steps) == len(view.run.events)
    for element, event in zip(steps, view.run.events, strict=True):
        assert event.kind in element.classes
        assert f"l{event.line}" in element.classes
        assert element.one("a", "at").attributes["href"] == f"#trace-l{event.line}"
    tools = [step for step in steps if "tool" in step.classes]
    assert 'find("cube")' in tools[0].text
    assert [b.text for b in tools[0].every("b", "patch")] == ["image", "#1", "#2", "#3"]
    assert [step.one("meter").attributes["value"] for step in tools[1:]] == ["0.8"] * 3
    branches = [step.one("span", "gave").text for step in steps if "branch" in step.classes]
    assert branches == ["is True", "is False", "is False", "is False"]


def test_page_box_belongs_to_the_lines_that_name_it(view_of: Views, assert_harmless: Check) -> None:
    view = view_of(LOOP)
    line_of = {line.text.strip(): f"l{line.number}" for line in view.lines}
    page = assert_harmless(trace_page(view))
    lines = {line_of[text] for text in ("cubes = image.find('cube')", "for cube in cubes:")}
    lines.add(line_of["if cube.verify_property('cube', 'red'):"])
    for box in page.one("svg", "picture").every("g", "box"):
        assert lines == {name for name in box.classes if re.fullmatch(r"l\d+", name)}


def test_page_values_stand_beside_their_lines(view_of: Views, assert_harmless: Check) -> None:
    code = assert_harmless(trace_page(view_of(LOOP))).one("ol", "code")
    notes = [note.text for note in code.every("span", "note")]
    assert notes == [
        "cubes = [#1, #2, #3]",
        "red = 0",
        "cube = #1 → #2 → #3",
        "True → False → False",
        "red = 1",
        "False",
        'returns "1"',
    ]


def test_page_names_label_and_verdicts_only_where_the_answer_is_checked(
    view_of: Views, assert_harmless: Check
) -> None:
    verdict = replace(VERDICT, answer="1", correct=False, kept=False, chosen=False, reason="no label")
    view = view_of(LOOP, question=question(answers=("thirteen",)), right=False, verdicts=(verdict,))
    page = assert_harmless(trace_page(view))
    assert page.one("body").text.count("thirteen") == 1
    assert page.one("p", "said").text == "refused no label"
    assert page.one("header").one("span", "badge").text == "wrong"


def test_page_without_its_picture_says_so_and_keeps_the_steps(view_of: Views, assert_harmless: Check) -> None:
    page = assert_harmless(trace_page(view_of(LOOP, picture=None)))
    assert "gone" in page.one("div", "nopicture").text
    assert not page.every("svg", "crop")
    assert page.every("li", "step")


@pytest.fixture
def hostile(view_of: Views) -> TraceView:
    """A run of which every text is an attack."""
    patch = PatchRef(1, HOSTILE, Box(1, 1, 5, 5))
    events = (
        TraceEvent(0, 1, "tool", HOSTILE, (patch,), PatchRef(0, HOSTILE, Box(0, 0, 9, 9)), (HOSTILE,), 0.5),
        TraceEvent(1, 1, "value", HOSTILE, (HOSTILE, patch)),
        TraceEvent(2, 1, "branch", HOSTILE, HOSTILE),
        TraceEvent(3, 2, "return", HOSTILE, HOSTILE),
    )
    run = Run("runtime", None, events, HOSTILE, 2, 1, 0, 0.1)
    asked = replace(question(HOSTILE, (HOSTILE,)), family=HOSTILE, split=HOSTILE)
    texts = {f.name: HOSTILE for f in fields(VERDICT) if isinstance(getattr(VERDICT, f.name), str)}
    verdict = replace(VERDICT, **texts)
    texts = dict.fromkeys(("image_ref", "tools_version", "isolation", "trace_id", "program_id"), HOSTILE)
    view = view_of("return 1", question=asked, verdicts=(verdict,), **texts)
    return replace(view, run=run, source=f"x = '''{HOSTILE}'''\nreturn x")


def test_page_of_hostile_texts_shows_them_and_runs_nothing(
    hostile: TraceView, assert_harmless: Check
) -> None:
    answered = replace(hostile, run=replace(hostile.run, outcome="answered", answer=HOSTILE), right=True)
    for view in (hostile, answered):
        html = trace_page(view)
        page = assert_harmless(html)
        assert page.text.count("<script>alert(1)</script>") > 10
        assert "49" not in page.one("header").text
        assert not {"\u202e", "\x1b", "\x00"} & set(html)


def test_page_policy_forbids_scripts_and_every_load(view_of: Views, assert_harmless: Check) -> None:
    page = assert_harmless(trace_page(view_of("return 1")))
    [policy] = [m.attributes["content"] for m in page.every("meta") if "http-equiv" in m.attributes]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    assert "script-src" not in rules


def test_page_can_be_used_with_the_keyboard_and_a_screen_reader(
    view_of: Views, assert_harmless: Check
) -> None:
    page = assert_harmless(trace_page(view_of(LOOP, question=question())))
    ids = [element.attributes["id"] for element in page.every() if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    for link in page.every("a"):
        assert link.attributes["href"].removeprefix("#") in ids
    for picture in page.every("svg"):
        assert picture.attributes.get("aria-label") or picture.attributes.get("aria-hidden") == "true"
    assert all("tabindex" in line.attributes for line in page.every("li") if line.every("span", "note"))
    assert page.one("html").attributes["lang"] == "en"


def test_page_of_a_long_run_stays_small(view_of: Views, assert_harmless: Check) -> None:
    view = view_of("n = 0\nfor i in range(450):\n    n += 1\nreturn n")
    html = trace_page(view)
    assert "more" in assert_harmless(html).one("main").text
    assert len(html) < 500_000
