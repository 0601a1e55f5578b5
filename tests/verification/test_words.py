"""Words of a question that a program takes no notice of."""

import pytest

from tests.verification.conftest import make_candidate
from vpd.records import Candidate
from vpd.verification.words import ignored, looked_for

KNOWN = frozenset({"large", "green", "cube", "cylinder", "metal"})
ASKED = "What color is the large cylinder in front of the green cubes?"


def program(body: str) -> str:
    lines = ["    p = ImagePatch(image)", *(f"    {line}" for line in body.splitlines())]
    return "\n".join(["def execute_command(image):", *lines])


def asking(text: str, body: str, **changes: str) -> Candidate:
    return make_candidate(0, question_text=text, source=program(body), **changes)


WHOLE = "g = p.find('green cube')[0]\nreturn p.find('Large cylinders')[0].simple_query(f'What {g}?')"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (WHOLE, ()),
        ("return p.find('large cylinder')[0].simple_query('What color?')", ("green", "cube")),
        ("return 'large green cube cylinder'", ("large", "cylinder", "green", "cube")),
        (
            "found = p.find('green cube')\nreturn p.find('large cylinder')[0].simple_query('?')",
            ("green", "cube"),
        ),
        (
            "p.find('green cube')\nreturn p.find('large cylinder')[0].simple_query('?')",
            ("green", "cube"),
        ),
        (
            "found = []\nfound.append(p.find('green cube'))\n"
            "return str(len(found) + len(p.find('large cylinder')))",
            (),
        ),
    ],
)
def test_ignored_are_known_words_that_no_call_with_a_use_says(body: str, expected: tuple[str, ...]) -> None:
    assert ignored(ASKED, program(body), KNOWN) == expected


def test_ignored_is_nothing_where_no_word_is_known() -> None:
    assert ignored(ASKED, program("return 'red'"), frozenset()) == ()
    assert ignored("Why?", program("return 'red'"), KNOWN) == ()


def test_ignored_by_a_text_that_is_no_python_here_is_all_that_is_known() -> None:
    assert ignored("Is the cube green?", "def ...", KNOWN) == ("cube", "green")


def test_looked_for_are_words_that_programs_for_several_texts_look_for_by_name() -> None:
    candidates = [
        asking("one?", "return p.find('red cubes')"),
        asking("two?", "return p.exists('cube')"),
        asking("two?", "return p.find('sphere')"),
        asking("two?", "return p.verify_property('sphere', 'shiny')"),
        asking("three?", "return p.simple_query('Is it red and shiny?')"),
        asking("four?", "return p.find('red')", problem="copied: from an example"),
        make_candidate(0, question_text="five?", source="no program at all"),
    ]
    assert looked_for(candidates) == {"cube"}
    assert looked_for([]) == frozenset()
