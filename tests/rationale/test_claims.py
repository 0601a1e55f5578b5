"""What sentences claim, and whether the trace bears it out: every form, true and false."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rationale.one_run import BOXES, facts
from vpd.rationale.checking.claims import check_sentence

A, B, C = BOXES
TRUE = f"""
I find 2 cubes at {A} and {B}
I find 2 cubes at {B} and {A}
I see 2 cubes at {A} and {B}
There are 2 cubes, at {A} and {B}
The picture shows 2 cubes, at {A} and {B}
There is a sphere, at {C}
I find a sphere at {C}
In [0 0 500 1000], I find a cube at {A}
In [0 0 500 1000], there is a cube, at {A}
I find no green cone
I see no green cone
There is no green cone
No green cone was found
There is a metal object
A metal object is present
There is no x-ray 2
No x-ray 2 is present
The cube at {A} is red
The cube at {B} is not red
1 of the 2 cubes is red
In the picture, the cone is tall
The color of the cube at {B} is blue
The cube at {B} has the color blue
The cube at {B} is blue
The color of the sphere is green
For the cube at {B}, the answer to "What color is it?" is blue
The answer to "What color is it?" for the cube at {B} is blue
For the region [0 0 500 1000], the answer to "What fruit is this?" is apple
The best match for the sphere is ball
The sphere matches ball best
The sphere is a ball
The text in the sphere is "abc bakery est 1.5"
The text "abc bakery est 1.5" contains "bakery"
The text "abc bakery est 1.5" does not contain "cafe"
The text "abc bakery est 1.5" includes "ABC"
The cube at {A} is left of the sphere
The cube at {A} is to the left of the sphere
The sphere is lower than the cube at {B}
The sphere is below the cube at {B}
The cubes at {A} and {B} are left of the sphere
All 2 cubes are left of the sphere
Each of the 2 cubes is left of the sphere
None of the 2 cubes is below the sphere
1 of the 2 cubes is right of the cube at {A}
The cube at {A} is in front of the sphere
The cube at {A} is closer than the sphere
The sphere is farther away than the cube at {A}
The cube at {A} is bigger than the sphere
The sphere is narrower than the cube at {A}
The cube at {A} is in the left half of the picture
1 of the 2 cubes is in the left half of the picture
All 2 cubes are in the upper half of the picture
The cube at {A} is the leftmost of the 2 cubes
Of the 2 cubes, the cube at {A} is the leftmost
Horizontally, the cube at {B} is nearer to the sphere than the cube at {A}
Measured horizontally, the cube at {B} is the closest of the 2 cubes to the sphere
Horizontally, the cube at {B} is the nearest to the sphere of the 2 cubes
There are more cubes than spheres
The cubes outnumber the spheres
There are fewer green cones than spheres
The green cones are fewer than the spheres
2 is more than 1
2 is greater than 1
1 is smaller than 2
2 equals 2
2 plus 1 is 3
2 and 1 make 3
2 less 1 leaves 1
2 minus 1 is 1
The cube at {A} does not overlap the sphere
The cube at {A} and the sphere do not overlap
None of the 2 cubes overlaps the sphere
The cube at {B} and the sphere have different colors
There are 2 different colors: blue and green
The colors are green and blue
""".strip().split("\n")
FALSE = f"""
I find 3 cubes at {A} and {B}
I find a cube at {A}
I find 2 cubes at {A} and {C}
I find 2 cubes at {A} and {A}
I find 2 cubes at {A} and [500 200 700 401]
I find a cone at {C}
I find no cube
I find no yellow cone
There is no metal object
There is a rubber object
There is an x-ray 2
There is no x-ray 3
In [0 0 500 1000], I find a cube at {B}
In [0 0 500 900], I find a cube at {A}
The cube at {A} is not red
The cube at {B} is red
The cube at {A} is large
The cube is red
The sphere is red
The sphere at {A} is red
All 2 cubes are red
None of the 2 cubes is red
2 of the 2 cubes are red
0 of the 2 cubes are red
1 of the 3 cubes is red
The cubes are red
In the picture, the cone is not tall
The color of the cube at {B} is red
The shape of the cube at {B} is blue
The color of the cube at {A} is red
The cube at {A} is blue
The best match for the cube at {B} is ball
The best match for the sphere is box
The sphere is a box
For the region [0 0 500 1000], the answer to "What fruit is this?" is pear
For the picture, the answer to "What fruit is this?" is apple
The text in the sphere is "abc bakery est 1.6"
The text "abc bakery est 1.5" contains "cafe"
The text "abc cafe" contains "cafe"
The text "abc bakery est 1.5" does not contain "bakery"
The cube at {A} is right of the sphere
The cube at {A} is behind the sphere
The cube at {B} is in front of the sphere
The sphere is left of the sphere
The cube at {A} is left of the picture
The cube at {A} is smaller than the sphere
The cube at {A} is taller than the cube at {B}
2 of the 2 cubes are in the left half of the picture
The cube at {B} is in the left half of the picture
The cube at {B} is the leftmost of the 2 cubes
The cube at {A} is the leftmost of the 3 cubes
The cube at {A} is the tallest of the 2 cubes
The sphere is the rightmost of the 1 spheres
Horizontally, the cube at {A} is nearer to the sphere than the cube at {B}
There are fewer cubes than spheres
There are as many cubes as spheres
1 is more than 2
7 is more than 1
2 plus 1 is 4
2 plus 7 is 9
2 minus 1 is 2
2 equals 1
The cube at {A} overlaps the sphere
The cube at {B} and the sphere have the same color
The cube at {A} and the sphere have different colors
There are 3 different colors: blue, green and red
There are 2 different colors: blue and red
The only color is blue
I can see a lovely picture
I find 2 cubes at {A} and {B} and a dog
The answer is 3
The green cones are red
All 0 green cones are red
""".strip().split("\n")


@pytest.mark.parametrize("sentence", TRUE)
def test_check_sentence_true_is_borne_out(sentence: str) -> None:
    assert check_sentence(sentence, facts()) is None


@pytest.mark.parametrize("sentence", FALSE)
def test_check_sentence_false_is_not(sentence: str) -> None:
    assert check_sentence(sentence, facts()) is not None


PHRASES = [
    "the cube",
    "cubes",
    "at",
    "is",
    "are not",
    "red",
    "left of",
    "the sphere",
    "and",
    "2",
    "all",
    ", ",
]
MORE_PHRASES = [
    "none of the",
    "I find",
    "no",
    "there is a",
    "color",
    "the answer to",
    '"',
    '"what"',
    "1.5",
    "x-ray",
]
RARE = [
    "behind",
    "plus",
    "in the left half of the picture",
    "have the same",
    "more",
    "than",
    "é",
    "ß",
    "½",
    "٣",
]


@given(st.lists(st.sampled_from([*PHRASES, *MORE_PHRASES, *RARE, *BOXES]), max_size=30))
def test_check_sentence_any_words_of_its_english_end_in_a_verdict(words: list[str]) -> None:
    check_sentence(" ".join(words), facts())


@given(st.text(max_size=300))
def test_check_sentence_any_text_is_not_understood(text: str) -> None:
    assert check_sentence(text, facts()) is not None


@pytest.mark.parametrize(
    "piece", ["the cube and ", "a, and ", "[1 2 3 4], ", "in the picture the ", '"', "9" * 40]
)
def test_check_sentence_text_of_many_readings_is_refused(piece: str) -> None:
    assert check_sentence("The " + piece * (4000 // len(piece)), facts()) is not None
    assert check_sentence("The " + piece * (1400 // len(piece)), facts()) is not None
