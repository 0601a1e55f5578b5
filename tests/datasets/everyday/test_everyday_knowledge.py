"""Questions of general knowledge are read by their keywords."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpd.datasets.everyday.knowledge import FACTS, UNKNOWN, know
from vpd.tools.coco import NAMES


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What does a dog eat? Answer in one word.", "meat"),
        ("What do giraffes eat?", "leaves"),
        ("What sound does the cow make?", "moo"),
        ("What is a baby elephant called?", "calf"),
        ("What do you call a young cat?", "kitten"),
        ("Where does a bear live?", "forest"),
        ("Can a bird fly? Answer yes or no.", "yes"),
        ("Does a train travel on rails?", "yes"),
        ("Does a car travel on rails?", "no"),
        ("Where does a boat travel: road, rails, water or air?", "water"),
        ("Is a dog a pet or a wild animal?", "pet"),
        ("Is a carrot a fruit or a vegetable?", "vegetable"),
        ("Is a banana a vegetable?", "no"),
        ("Does a dog have four legs?", "yes"),
        ("Which sport is played with a tennis racket?", "tennis"),
        ("What is a cell phone used for?", "calling"),
        ("In which season do people use skis?", "winter"),
        ("What does an orange cat eat?", "fish"),
        ("What does a fork eat?", UNKNOWN),
        ("Who painted the Mona Lisa?", UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_know_answers_by_thing_and_topic(question, answer):
    assert know(question) == answer


def test_facts_are_about_things_of_the_detectors_names():
    assert {name for facts in FACTS.values() for name in facts} <= set(NAMES)


@given(st.text())
def test_know_answers_any_text(question):
    assert know(question)
