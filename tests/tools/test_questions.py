"""Short questions about the objects of a region."""

import pytest

from vpd.tools.names import Traits, UnknownWordError
from vpd.tools.questions import UnclearQuestionError, answer, best_option

CUBE = Traits("cube", "red", "large", "metal")
BALL = Traits("sphere", "blue", "small", "rubber")
SEEN = (CUBE, BALL)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What color is it?", "red"),
        ("What colour is this object?", "red"),
        ("What is the color of the cube?", "red"),
        ("What color is the sphere?", "blue"),
        ("Which color does the small thing have?", "blue"),
        ("What shape is it?", "cube"),
        ("What is this?", "cube"),
        ("What is the shape of the blue object?", "sphere"),
        ("What size is it?", "large"),
        ("How big is the ball?", "small"),
        ("What is the size of the object?", "large"),
        ("What material is it?", "metal"),
        ("What is it made of?", "metal"),
        ("What is the blue thing made of?", "rubber"),
        ("How many cubes are there?", "1"),
        ("How many objects are in the picture?", "2"),
        ("how many green spheres can you see", "0"),
        ("Is there a red cube?", "yes"),
        ("Are there any yellow objects?", "no"),
        ("Is it red?", "yes"),
        ("Is the cube blue?", "no"),
        ("Is it made of metal?", "yes"),
        ("Is it small or large?", "large"),
    ],
)
def test_answer_to_a_clear_question_is_right(question, expected):
    assert answer(question, SEEN) == expected


@pytest.mark.parametrize("question", ["", "Why?", "Who painted it?"])
def test_answer_to_an_unclear_question_raises(question):
    with pytest.raises(UnclearQuestionError):
        answer(question, SEEN)


def test_answer_about_nothing_raises_but_counts():
    assert answer("How many cubes are there?", ()) == "0"
    with pytest.raises(UnclearQuestionError, match="no object"):
        answer("What color is it?", ())


def test_answer_with_an_unknown_name_raises():
    with pytest.raises(UnknownWordError, match="dog"):
        answer("Is there a dog?", SEEN)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["red", "blue"], "red"),
        (["blue", "red"], "red"),
        (["cube", "red cube"], "red cube"),
        (["small red cube", "red"], "red"),
        (["Grey object", "Metal Things"], "Metal Things"),
        (["wood", "metal"], "metal"),
        (["blue", "green"], "blue"),
    ],
)
def test_best_option_says_most_that_is_right(options, expected):
    assert best_option(options, CUBE) == expected


@pytest.mark.parametrize("options", [[], ["dog", "cat"]])
def test_best_option_of_unknown_options_raises(options):
    with pytest.raises(UnknownWordError):
        best_option(options, CUBE)
