"""Which questions are understood, and as what."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpd.tools.photos.questions import Question, UnclearQuestion, read_question


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("What color is it?", Question("color")),
        ("What colour is this?", Question("color")),
        ("What is the color of the car?", Question("color", "the car")),
        ("What's the color of it?", Question("color")),
        ("what color are the two dogs", Question("color", "the two dogs")),
        ("What color is the car in the image?", Question("color", "the car")),
        ("What is it?", Question("what")),
        ("What is this object?", Question("what")),
        ("What is in the picture?", Question("what")),
        ("What kind of fruit is this?", Question("what", "fruit")),
        ("What type of vehicle is shown in the image?", Question("what", "vehicle")),
        ("What animal is this?", Question("what", "animal")),
        ("Which animal is in the photo?", Question("what", "animal")),
        ("How many red cars are there?", Question("count", "red cars")),
        ("How many people are in the image?", Question("count", "people")),
        ("Is there a dog?", Question("there", "a dog")),
        ("Are there any dogs in this picture?", Question("there", "any dogs")),
        ("Is it red?", Question("is", value="red")),
        ("Is this a dog?", Question("is", value="a dog")),
        ("Is the car red?", Question("is", "car", "red")),
        ("Is the animal a dog?", Question("is", "animal", "a dog")),
        ("Is it red or blue?", Question("choice", options=("red", "blue"))),
        ("Is it a cat or a dog?", Question("choice", options=("a cat", "a dog"))),
        ("Is it red, green, or blue?", Question("choice", options=("red", "green", "blue"))),
        ("Is the traffic light red or green?", Question("choice", "traffic light", options=("red", "green"))),
        ("Is the animal a cat or a dog?", Question("choice", "animal", options=("a cat", "a dog"))),
        ("What does it say?", Question("read")),
        ("What does the sign say?", Question("read")),
        ("What is written on it?", Question("read")),
        ("What text is written on the sign?", Question("read")),
        ("What word is on it?", Question("read")),
        ("Read the text.", Question("read")),
    ],
)
def test_question_is_understood(text, question):
    assert read_question(text) == question


@pytest.mark.parametrize(
    "text",
    [
        "", "?", "Why is it here?", "Where is the dog?", "Who is this?", "What is the man doing?",
        "Does it look old?", "Describe the picture.", "What time is shown on the clock and why?", "这是什么?",
        "What is the brand of the car?", "Is", "How many", "yes or no",
    ],
)  # fmt: skip
def test_other_questions_are_refused_not_guessed_at(text):
    with pytest.raises(UnclearQuestion):
        read_question(text)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text):
    with suppress(UnclearQuestion):
        assert read_question(text).asks
