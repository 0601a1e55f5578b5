"""Programs that hand the whole question to one tool, and those that do not."""

import pytest

from vpd.tools.methods import IMAGE_PATCH
from vpd.verification.shortcut import is_shortcut

METHODS = frozenset(IMAGE_PATCH)
WHAT = "What color is the large cube?"


def program(body: str) -> str:
    lines = ["    p = ImagePatch(image)", *(f"    {line}" for line in body.splitlines())]
    return "\n".join(["def execute_command(image):", *lines])


@pytest.mark.parametrize(
    ("question", "body"),
    [
        (WHAT, "return p.simple_query('What color is the large cube?')"),
        (WHAT, "return p.simple_query('what COLOR is the cube')"),
        (WHAT, "answer = p.simple_query('What color is the large cube?')\nreturn answer.lower()"),
        ("Who wrote Hamlet?", "return p.llm_query('Who wrote Hamlet?')"),
        (
            "Is the cube red or blue?",
            "return p.best_text_match(['the cube is red', 'the cube is blue'])",
        ),
    ],
)
def test_shortcut_asks_one_tool_the_whole_question(question: str, body: str) -> None:
    assert is_shortcut(question, program(body), METHODS)


@pytest.mark.parametrize(
    ("question", "body"),
    [
        (WHAT, "return p.find('large cube')[0].simple_query('What color is the large cube?')"),
        (WHAT, "return p.simple_query('What color?')"),
        (WHAT, "return 'red'"),
        (WHAT, "return p.simple_query(question)"),
        ("Is there a large cube?", "return bool_to_yesno(p.exists('is there a large cube'))"),
        (
            "Is the cube red?",
            "a = p.simple_query('Is the cube red?')\nb = p.verify_property('cube', 'red')\nreturn a",
        ),
    ],
)
def test_no_shortcut_where_a_program_does_something_itself(question: str, body: str) -> None:
    assert not is_shortcut(question, program(body), METHODS)


def test_no_shortcut_if_the_method_is_none_that_tools_answer() -> None:
    assert not is_shortcut(WHAT, program(f"return p.simple_query({WHAT!r})"), METHODS - {"simple_query"})


@pytest.mark.parametrize("question", ["", "?!"])
def test_no_shortcut_for_a_question_without_words(question: str) -> None:
    assert not is_shortcut(question, program("return p.simple_query('What?')"), METHODS)


def test_no_shortcut_if_the_text_is_no_python_here() -> None:
    assert not is_shortcut(WHAT, "def ...", METHODS)
