"""What kind of answer a question asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpd.review.answer_type import answer_type, option_words
from vpd.tools.examples.photos import PHOTO_EXAMPLES
from vpd.tools.examples.scenes import SCENE_EXAMPLES

YES_NO = (
    "Is there a cat?",
    "Is there a cat or a dog?",
    "Are there any cats or dogs in the photo?",
    "Are there more cows than sheep?",
    "Are there fewer red or blue things than cubes?",
    "Are there as many spheres as cubes?",
    "Is the elephant to the left of the bench?",
    "Is the woman wearing a hat and glasses?",
    "Do you see either cats or dogs?",
    "Do you see a fence or a bench?",
    "Can you see any people or animals there?",
    "Does the shirt look white?",
    "Does the word bakery appear?",
    "Isn't the bus yellow?",
    "Isn’t it raining?",
    "Does this picture contain a boat or a car?",
    "Is it raining or not?",
    "Are there two or more zebras?",
    "Is the number of cyan objects the same as the number of brown objects?",
    "Is the red or blue thing the same size as the cone?",
    "There is a big gray object; does it have the same material as the small cube?",
    "In the picture, is there a dog?",
    "The cat is black, isn't it?",
    "The bus is red, right?",
    "Any people here?",
    "Anyone in the water?",
    "Has the man got a beard?",
    "Could this be a kitchen?",
    "Would you sleep here?",
    "Can you tell me whether the door is open?",
    "Do you know if it is raining?",
    "Are both the man and the woman smiling?",
    "Is either the shirt or the hat red?",
    "Do all the objects have the same shape?",
    "Is anybody on the elephant?",
    "Are a brown cone and a cyan cube both there?",
    "Is the girl taller than the horse?",
)
NUMBER = (
    "How many zebras are there?",
    "how many people are sitting or standing",
    "How many things are cubes or spheres?",
    "In the picture, how many dogs are there?",
    "There is a red cube; how many other things are the same color as it?",
    "What number of other things are the same size as the red sphere?",
    "What is the number of chairs?",
    "What's the total number of legs?",
    "Count the apples.",
    "Number of birds?",
    "Can you tell me how many cups there are?",
    "To how many people is he talking?",
)
CHOICE = (
    "Is the kite pink or yellow?",
    "Is it a cat or a dog?",
    "Is it red, green or blue?",
    "Does the man's shirt look red or white?",
    "Is the lamp on the left or on the right side?",
    "Is the red cube bigger or smaller than the sphere?",
    "Are there more cats or dogs?",
    "Are there more or fewer cubes than spheres?",
    "Which is bigger, the surfboard or the skateboard?",
    "Who is taller, the man or the woman?",
    "What color is the car, red or blue?",
    "Which side is it on: left or right?",
    "Is this indoors or outdoors?",
    "Is it day or night?",
    "Cat or dog?",
    "Is the cup made of glass or plastic?",
    "Is the orange thing a cone or a cube?",
)
TEXT = (
    "What color is the umbrella?",
    "What is to the left or right of the cup?",
    "Which animal is this?",
    "Who is wearing a hat?",
    "Where is the man sitting?",
    "What number is on the shirt?",
    "What time is it?",
    "How old is the child?",
    "How is the weather?",
    "Why is the woman smiling?",
    "Of which size is the purple thing?",
    "On which side of the photo is the dog?",
    "In what city was this taken?",
    "What's the man holding?",
    "Can you tell me what the sign says?",
    "There is a cyan cube behind the sphere; what is its material?",
    "If he jumps, what does he land on?",
    "Name the sport.",
    "What does this animal eat?",
    "",
)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        *((q, "yes or no") for q in YES_NO),
        *((q, "number") for q in NUMBER),
        *((q, "choice") for q in CHOICE),
        *((q, "text") for q in TEXT),
    ],
)
def test_answer_type_of_a_question_is_told_from_its_form(question, expected):
    assert answer_type(question) == expected
    assert answer_type(question.upper()) == expected
    assert answer_type(f"  {question} ") == expected


def test_answer_type_with_choices_is_a_choice_unless_they_are_yes_and_no():
    assert answer_type("What is he doing?", ("surfing", "skiing")) == "choice"
    assert answer_type("How many?", ("1", "2")) == "choice"
    assert answer_type("Is he surfing?", ("Yes", "no")) == "yes or no"


def test_answer_type_of_worked_examples_about_numbers_is_number():
    for example in (*SCENE_EXAMPLES, *PHOTO_EXAMPLES):
        counts = example.question.startswith("How many")
        assert (answer_type(example.question) == "number") is counts


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Is it red or blue?", ("red", "blue")),
        ("Is it red, green, or blue?", ("green", "blue")),
        ("Is it a cat or a dog?", ("cat", "dog")),
        ("What is it?", ()),
    ],
)
def test_option_words_of_a_choice_are_those_beside_or(question, words):
    assert option_words(question) == words


@given(st.text(max_size=200))
def test_answer_type_of_any_text_is_one_of_four(text):
    assert answer_type(text) in ("yes or no", "number", "choice", "text")
    assert answer_type(text, ["a", "b"]) == "choice"


@given(st.text(alphabet="abc ,;:.or'", max_size=4000))
def test_answer_type_of_a_long_text_is_told(text):
    assert answer_type(f"Is it {text}") in ("yes or no", "choice", "number", "text")
