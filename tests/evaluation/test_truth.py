"""Planted mistakes of tools: the rationale follows the trace, and is false of the picture."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evaluation.seeing import BALL, BLUE, HIGH, RED, SCENE, WIDE, moved, run_program
from vpd.datasets.scenes.world import SceneObject
from vpd.evaluation.truth import Sentence, judge_rationale
from vpd.execution.program import Program, canonical
from vpd.execution.trace import PatchRef, TraceEvent
from vpd.geometry import Box
from vpd.rationale.faithful import check_rationale
from vpd.rationale.render import render
from vpd.records import Question

HEAD = "def execute_command(image):\n    p = ImagePatch(image)\n    "
COUNT = HEAD + "return len(p.find('cube'))"
NONE = HEAD + "return p.exists('green cube')"
COLOR = HEAD + "return p.find('small cube')[0].simple_query('What color is the cube?')"
VERIFY = HEAD + "return p.find('small cube')[0].verify_property('cube', 'red')"
LEFT = HEAD + "return p.find('red cube')[0].horizontal_center < p.find('sphere')[0].horizontal_center"
NEAR = HEAD + "return p.find('red cube')[0].compute_depth() < p.find('sphere')[0].compute_depth()"
MORE = HEAD + "return len(p.find('cube')) > len(p.find('sphere'))"
PLUS = HEAD + "return len(p.find('cube')) + len(p.find('sphere'))"
ALL = [COUNT, NONE, COLOR, VERIFY, LEFT, NEAR, MORE, PLUS]
TRUE = (RED, BLUE, BALL)


def judged(source: str, seen: Sequence[SceneObject], label: str | None = None) -> list[Sentence]:
    """Tell a run with these eyes, make sure that the checker takes the text, and hold it against the scene.

    The label is what the program answers with exact tools, unless given.
    """
    program = canonical(source)
    assert isinstance(program, Program)
    run, exact = run_program(program.source, seen), run_program(program.source, TRUE)
    assert run.answer is not None
    text = render(program.source, run.events, run.answer, WIDE, HIGH)
    assert not check_rationale(text, program.source, run.events, run.answer, WIDE, HIGH)
    asked = question(label or exact.answer or "")
    return judge_rationale(text, asked, run.events, exact.events, SCENE)


def question(label: str) -> Question:
    return Question("q", "picture", "?", (label,), (), "count", "test", False, "made up")


def kinds(sentences: Sequence[Sentence], *, true: bool) -> set[str]:
    return {s.kind for s in sentences if s.true is true}


@pytest.mark.parametrize("source", ALL)
def test_rationales_of_exact_tools_are_true(source: str) -> None:
    sentences = judged(source, TRUE)
    assert len(sentences) > 1
    assert not kinds(sentences, true=False)


@pytest.mark.parametrize("source", ALL)
def test_rationales_of_slightly_moved_boxes_are_true(source: str) -> None:
    assert not kinds(judged(source, [moved(o, 3) for o in TRUE]), true=False)


def test_box_away_from_every_object_makes_the_sentences_that_state_it_false() -> None:
    first, *_ = judged(COUNT, (moved(RED, 18), BLUE, BALL))
    assert (first.kind, first.true) == ("found", False)
    source = HEAD + "return p.find('cube')[0].horizontal_center < p.find('sphere')[0].horizontal_center"
    assert kinds(judged(source, (moved(RED, 18), BLUE, BALL)), true=False) == {"found", "relation"}


def test_name_without_a_box_means_the_one_object_of_that_name_in_the_picture() -> None:
    sentences = judged(LEFT, (moved(RED, 18), BLUE, BALL))
    assert [(s.kind, s.true) for s in sentences] == [
        ("found", False),
        ("found", True),
        ("relation", True),
        ("answer", True),
    ]


def test_missed_object_makes_the_list_and_the_answer_false() -> None:
    assert kinds(judged(COUNT, (RED, BALL)), true=False) == {"found", "answer"}


def test_object_that_is_not_there_makes_the_list_false_though_the_answer_is_right() -> None:
    sentences = judged(MORE, (*TRUE, replace(RED, box=Box(120, 60, 150, 90))))
    assert kinds(sentences, true=False) == {"found"}
    assert "more" in kinds(sentences, true=True)


def test_one_object_seen_twice_makes_the_count_false() -> None:
    sentences = judged(COUNT, (RED, moved(RED, 4), BALL), label="2")
    assert kinds(sentences, true=False) == {"found"}
    assert kinds(sentences, true=True) == {"answer"}


def test_two_objects_under_one_name_taken_for_each_other_are_true_as_a_list() -> None:
    assert not kinds(judged(COUNT, (moved(RED, 1), moved(BLUE, -1), BALL)), true=False)


def test_nothing_found_where_there_is_something_is_false() -> None:
    sentences = judged(HEAD + "return p.exists('red cube')", (BLUE, BALL))
    assert kinds(sentences, true=True) == set()


@pytest.mark.parametrize(("source", "kind"), [(COLOR, "attribute"), (VERIFY, "property")])
def test_wrong_color_makes_the_sentence_that_names_it_false(source: str, kind: str) -> None:
    sentences = judged(source, (replace(RED, color="blue"), BLUE, BALL))
    assert kinds(sentences, true=False) == {kind, "answer"}
    assert kinds(sentences, true=True) == {"found"}


def test_object_found_under_a_color_it_does_not_have_is_false() -> None:
    first, *_ = judged(LEFT, (replace(BLUE, color="red"), BALL))
    assert (first.kind, first.true) == ("found", False)


def test_depths_in_the_wrong_order_make_the_relation_false() -> None:
    sentences = judged(NEAR, (replace(RED, depth=9.0), BLUE, BALL))
    assert kinds(sentences, true=False) == {"relation", "answer"}


def test_sum_of_a_wrong_count_is_false_though_other_counts_have_its_numbers() -> None:
    sentences = judged(PLUS, (RED, BALL), label="2")  # 1 plus 1; a true count of spheres is 1 as well
    assert kinds(sentences, true=False) == {"found", "sum"}


def test_region_that_the_program_cuts_out_means_itself() -> None:
    source = HEAD + "return len(p.crop(0, 0, 50, 100).find('cube'))"
    assert not kinds(judged(source, TRUE), true=False)
    assert kinds(judged(source, (moved(RED, 30), BLUE, BALL), label="0"), true=False) == {"nothing"}


def test_sentence_of_no_known_form_is_not_true() -> None:
    exact = run_program(COUNT, TRUE)
    text = "Cubes are my favourite. The answer is 2."
    first, last = judge_rationale(text, question("2"), exact.events, exact.events, SCENE)
    assert not first.true
    assert last.true


@given(st.sets(st.sampled_from(range(5))))
def test_list_is_true_only_if_it_is_all_objects_of_the_name_and_no_others(seen: set[int]) -> None:
    places = [RED.box, BLUE.box, BALL.box, Box(120, 60, 150, 90), moved(RED, 3).box]
    boxes = [places[i] for i in sorted(seen)]
    patches = tuple(PatchRef(n, "cube", box) for n, box in enumerate(boxes, start=1))
    whole = PatchRef(0, "image", Box(0, 0, WIDE, HIGH))
    events = [TraceEvent(0, 1, "tool", "find", patches, whole, ("cube",))]
    at = [f"[{' '.join(map(str, box.on_grid(WIDE, HIGH)))}]" for box in boxes]
    place = f"{', '.join(at[:-1])} and {at[-1]}" if len(at) > 1 else "".join(at)
    said = f"I find {len(at)} cubes at {place}" if len(at) > 1 else f"I find a cube at {place}"
    text = f"{said if at else 'I find no cube'}. The answer is 2."
    first, _ = judge_rationale(text, question("2"), events, [], SCENE)
    assert first.true is (seen in ({0, 1}, {1, 4}))
