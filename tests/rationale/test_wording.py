"""Rewordings that a language model makes are read as what they reword, whole and clause by clause."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rationale.one_run import BOXES, facts
from vpd.rationale.checking.claims import check_sentence
from vpd.rationale.checking.wording import clauses, masked, reworded

A, B, C = BOXES
TRUE = f"""
First, I can see two cubes at {A} and {B}
We find 2 cubes, located at {A} and {B}
There are 2 cubes in the picture, at {A} and {B}
The image shows a sphere at {C}
A sphere is at {C}
We cannot see any green cones
There aren't any green cones
No green cones were found
There is a metal thing in the picture
The cube at {A} is positioned to the left of the sphere
The cube at {A} lies on the left side of the sphere
Both cubes are to the left of the sphere
Neither cube is below the sphere
One of the two cubes is red
All of the 2 cubes are above the sphere
The number of cubes is greater than the number of spheres
So 2 is greater than 1
2 + 1 = 3
2 plus 1 equals 3
The colour of the sphere is green
Next, the cube at {A} is red and is to the left of the sphere
The cube at {A} is red and to the left of the sphere
The cube at {A} is red, while the cube at {B} is not red
I find 2 cubes at {A} and {B}, and a sphere at {C}
I find 2 cubes at {A} and {B}, a sphere at {C}, and no green cone
There are 2 cubes at {A} and {B}; there is a sphere at {C}
The cubes outnumber the spheres, so 2 is more than 1
In [0 0 500 1000], I find a cube at {A}, and the cube at {A} is red
There is a sphere present
There is no green cone present in the picture
There are no green cones in the picture either
There is also a sphere at {C}
There are also no green cones
I also don't see any green cone
In [0 0 500 1000], I find a cube at {A} as well
There are 2 cubes present at {A} and {B}
None of the cubes is below the sphere
None of these cubes are below the sphere
All of the cubes are above the sphere
All these cubes are above the sphere
Each of the cubes is above the sphere
The cube at {A} is the leftmost of the cubes
Of these cubes, the cube at {A} is the leftmost
The cube at {B} has the color of blue
The cube at {B} has a color of blue
The cube at {A} is the leftmost of the 2 cubes and is to the left of the sphere
Because the cube at {A} is red, 2 is more than 1
The total is 2 + 1 = 3
2 cubes plus 1 sphere is 3
2 (cubes) + 1 (sphere) = 3
2 cubes and 1 sphere make 3
""".strip().split("\n")
FALSE = f"""
First, I can see three cubes at {A} and {B}
The image shows a cone at {C}
Both cubes are red
Neither cube is above the sphere
The cube at {B} is located to the left of the cube at {A}
The number of cubes is less than the number of spheres
2 + 1 = 4
The cube at {A} is red and is to the right of the sphere
The cube at {A} is not red and to the left of the sphere
The cube at {A} is red, while the cube at {B} is red
I find 2 cubes at {A} and {B}, and a dog at {C}
I find 2 cubes at {A} and {B}, and a lovely day
I find 2 cubes at {A} and {B}, probably
In [0 0 500 1000], I find a cube at {A}, and a sphere at {C}
It is not true that the cube at {A} is red
The cube at {A} may be red
If 2 is more than 1, the cube at {A} is red
The cube at {A} is left of the sphere, or 2 is more than 1
There is no sphere present
There are no cubes in the picture either
There is a green cone present
I also don't see any sphere
In [0 0 500 1000], I find no cube as well
None of the cubes is red
None of the cubes is above the sphere
None of the spheres is red
None of these green cones are red
None of the objects is below the sphere
All of the cubes are red
All of these cubes are below the sphere
All cubes are above the sphere
One of the cubes is red
The cube at {B} is the leftmost of the cubes
The sphere is the leftmost of the spheres
The sphere is the rightmost of the cubes
The cube at {B} has the color of red
The cube at {B} has the shape of blue
The cube at {B} has the color of the sphere
Since the cube at {A} is not red, 2 is more than 1
The total number of objects is 2 (cubes) + 1 (sphere) = 3
2 spheres plus 1 cube is 3
2 (cubes) + 1 (green cone) = 3
2 cubes plus 1 sphere is 4
""".strip().split("\n")


@pytest.mark.parametrize("sentence", TRUE)
def test_check_sentence_true_in_other_words_is_borne_out(sentence: str) -> None:
    assert check_sentence(sentence, facts()) is None


@pytest.mark.parametrize("sentence", FALSE)
def test_check_sentence_false_or_unclear_in_other_words_is_not(sentence: str) -> None:
    assert check_sentence(sentence, facts()) is not None


def test_reworded_leaves_quotes_alone() -> None:
    asked = 'so the answer to "are there two images, and which?" for the image is two'
    assert reworded(asked) == 'the answer to "are there two images, and which?" for the picture is 2'


def test_clauses_do_not_part_what_is_quoted_or_a_list_of_boxes() -> None:
    assert list(clauses('the text in the sign is "stop, and go; so there"')) == []
    assert list(clauses(f"i find 3 cubes at {A}, {B} and {C}")) == []


@given(st.text(max_size=200))
def test_masked_text_keeps_its_length(text: str) -> None:
    assert len(masked(text)) == len(text)


@given(st.text(alphabet='abc ,;"[]0', max_size=120))
def test_clauses_and_rewording_end_for_any_text(text: str) -> None:
    assert len(list(clauses(text))) < 64
    assert isinstance(reworded(text), str)
