"""Whole reviews in the real sandbox: every kind of finding, and none for right programs."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from vpd.execution.program import Program, canonical
from vpd.review.reviewer import open_reviewer
from vpd.tools.methods import Method
from vpd.tools.toolset import PHOTOS, SCENES

COUNT = 'def execute_command(image):\n    return str(len(image.find("cube")))'


def program(*lines: str) -> str:
    return "\n".join(["def execute_command(image):", *(f"    {line}" for line in lines)])


def finding(reviewer, question, *lines, choices=()):
    [review] = reviewer.review(question, [program(*lines)], choices)
    return review.finding


@pytest.mark.parametrize("name", ["scenes", "photos"])
def test_review_worked_examples_pass_for_their_own_questions(name, request):
    reviewer = request.getfixturevalue(name)
    for example in (SCENES if name == "scenes" else PHOTOS).examples:
        [review] = reviewer.review(example.question, [example.program])
        assert review.finding is None, example.question
        assert review.call_graph
        assert review.program == canonical(example.program)


def test_review_trusted_programs_raise_nothing_and_end(anything, trusted):
    reviews = anything.review("Name it.", list(trusted.values()))
    kinds = {name: r.finding.kind for name, r in zip(trusted, reviews, strict=True) if r.finding}
    assert set(kinds.values()) <= {"blind", "answer"}
    returns_a_patch = {"iterators: next_without_default_raises", "loops: for_over_empty_keeps_variable"}
    assert {name for name, kind in kinds.items() if kind == "answer"} <= returns_a_patch


@pytest.mark.parametrize(
    ("kind", "question", "lines", "line", "said"),
    [
        ("syntax", "How many?", ["return (", "pass"], 2, "return ("),
        ("unsupported", "How many?", ["class A:", "    pass", "return 1"], None, "class"),
        ("policy", "How many?", ["import os", "return 1"], None, "os"),
        ("names", "How many?", ['return str(len(image.findall("cube")))'], 2, "find,"),
        ("loops", "How many?", ["while True:", '    x = image.find("cube")', "return 1"], 2, "while True"),
        ("vocabulary", "How many?", ['return str(len(image.find("dog")))'], 2, "'dog'"),
        ("vocabulary", "What is it?", ['return image.simple_query("Why is it here?")'], 2, "color"),
        ("runtime", "How many?", ['xs = image.find("cube")', "return str(xs + 1)"], 3, "TypeError"),
        ("runtime", "How many?", ['xs = image.find("cube")', "return str(len(xs) / 0)"], 3, "ZeroDivision"),
        ("runtime", "How many?", ['x = image.find("cube")[0].left', "return str(x.foo)"], 3, "foo"),
        ("budget", "How many?", ["i = 0", "while i >= 0:", "    i += 1", "return i"], None, "loop"),
        ("budget", "How many?", ['x = image.find("cube")', "def f(n):", "    return f(n + 1) if n else f(1)",
                                 "return f(1)"], None, "calls itself"),
        ("blind", "How many?", ['return "2"'], None, "find"),
        ("answer", "How many?", ['return image.find("cube")'], 2, "list"),
        ("answer", "How many?", ['return bool_to_yesno(image.exists("cube"))'], 2, "number"),
        ("answer", "Is there a cube?", ['return str(len(image.find("cube")))'], 2, "yes"),
        ("answer", "Is there a cube?", ['if image.exists("cube"):', '    return "yes"'], None, "path"),
        ("answer", "What color is the cube?", ['return image.exists("red cube")'], 2, "yes or no"),
        ("answer", "What color is the cube?", ['return len(image.find("cube"))'], 2, "number"),
        ("answer", "Is the cube red or blue?", ['return image.exists("red cube")'], 2, "names"),
    ],
)  # fmt: skip
def test_review_bad_program_has_a_finding_of_its_kind(scenes, kind, question, lines, line, said):
    found = finding(scenes, question, *lines)
    assert found is not None
    assert (found.kind, found.line) == (kind, line)
    assert said in found.message
    assert line is None or lines[line - 2].strip().replace('"', "'") in found.message


def test_review_empty_text_and_prose_are_findings_of_syntax(scenes):
    reviews = scenes.review("How many?", ["", "I cannot write code.", "```python\ndef f(:\n```"])
    assert [(r.program, r.finding.kind) for r in reviews if r.finding] == [(None, "syntax")] * 3


@pytest.mark.parametrize(
    "lines",
    [
        ['return image.find("cube")[0].simple_query("What color is it?")'],
        ['return image.find("cube")[2].simple_query("What color is it?")'],
        ['a, b = image.find("cube")', 'image.find("cone")[0]', 'return a.simple_query("What color is it?")'],
        ['near = min(image.find("cube"), key=lambda p: p.compute_depth())',
         'return near.simple_query("What color is it?")'],
        ['p = next((p for p in image.find("cube") if p.left > 5), None)',
         'return p.simple_query("What color is it?")'],
        ["try:", '    return image.find("dog")[0].simple_query("What color is it?")', "except LookupError:",
         '    return image.simple_query("What color is it?")'],
        ['names = {"red": "crimson", "blue": "navy"}', 'return names[image.simple_query("color?")]'],
        ['for p in image.find("cube"):', '    if p.verify_property("cube", "large"):',
         '        return p.simple_query("What color is it?")'],
    ],
)  # fmt: skip
def test_review_program_that_presupposes_an_object_passes(scenes, lines):
    assert finding(scenes, "What color is the cube?", *lines) is None


@pytest.mark.parametrize(
    "lines",
    [
        [
            'signs = [s for s in image.find("stop sign") if s.read_text() == "HALT"]',
            "return signs[0].read_text()",
        ],
        ["return image.read_text().split()[7]"],
        ['return {"B": "bus"}[image.read_text()]'],
        ['return "".join(c for c in image.read_text() if c in "xyz")'],
    ],
)
def test_review_program_that_waits_for_a_text_passes(photos, lines):
    assert finding(photos, "What does it say?", *lines) is None


def test_review_names_of_photographs_are_those_that_each_method_knows(photos):
    for name, exists, find in (
        ("dog", None, None),
        ("squirrel", None, "vocabulary"),
        ("wug",) + 2 * ("vocabulary",),
    ):
        found = finding(photos, "Is it?", f'return bool_to_yesno(image.exists("{name}"))')
        assert (found and found.kind) == exists
        found = finding(photos, "How many?", f'return str(len(image.find("{name}")))')
        assert (found and found.kind) == find


def test_review_asking_only_a_language_model_is_blind(photos):
    found = finding(photos, "What do pandas eat?", 'return image.llm_query("What do pandas eat?")')
    assert found is not None
    assert found.kind == "blind"


def test_review_choices_decide_what_may_be_answered(anything):
    lines = ['return bool_to_yesno(image.exists("cat"))']
    assert finding(anything, "Which is it?", *lines, choices=("yes", "no")) is None
    found = finding(anything, "Which is it?", *lines, choices=("cat", "dog"))
    assert found is not None
    assert "cat" in found.message
    assert "dog" in found.message


def test_review_a_question_handed_on_as_it_is_passes(anything):
    for question in ("Do the shoes match?", "How many legs?", "Is it red or blue?", "What number is on it?"):
        assert finding(anything, question, f"return image.simple_query({question!r})") is None


def test_review_method_of_a_tool_set_of_ones_own_is_known_and_made_up():
    def count_cells(self, stain: str) -> int:
        """Return how many cells have this stain."""
        ...

    def refuses(method, args):
        return None

    spec = replace(SCENES.plus(Method.of(count_cells, kind="cells"), lambda: None), refuses=refuses)
    with open_reviewer(spec) as reviewer:
        assert finding(reviewer, "How many blue cells?", 'return image.count_cells("blue")') is None
        wrong = finding(reviewer, "How many blue cells?", "return image.count_cells()")
    assert wrong is not None
    assert wrong.kind == "names"


def test_review_equal_texts_have_one_review_each_in_order(scenes):
    texts = [COUNT, "", COUNT, COUNT.replace("image", "picture")]
    reviews = scenes.review("How many cubes?", texts)
    assert [r.program is not None for r in reviews] == [True, False, True, True]
    assert reviews[0] == reviews[2]
    assert reviews[3].program is not None
    assert isinstance(reviews[0].program, Program)
    assert reviews[0].program.program_id == reviews[3].program.program_id
    assert reviews[0].call_graph == reviews[3].call_graph


def test_review_from_several_threads_gives_what_one_gives(scenes):
    texts = [COUNT.replace("cube", name) for name in ("cube", "sphere", "dog", "red cone")]
    alone = [scenes.review("How many?", [text]) for text in texts]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda text: scenes.review("How many?", [text]), texts)) == alone


def test_review_starts_no_sandbox_for_texts_that_are_no_programs(monkeypatch):
    def fail(*args):
        raise AssertionError("the sandbox was started")

    monkeypatch.setattr("vpd.review.reviewer.open_engine", fail)
    with open_reviewer(SCENES) as reviewer:
        [review] = reviewer.review("How many?", ["import os"])
    assert review.finding is not None
