import pytest

from vpd.evaluation.sentence_kinds import kind_of

FORMS = {
    "found": (
        "I find 2 red cubes at [1 2 3 4] and [5 6 7 8]",
        "In [1 2 3 4], I see a cube at [1 2 3 4]",
        "There is a red cube, at [1 2 3 4]",
        "There are 2 red cubes, at [1 2 3 4] and [5 6 7 8]",
        "The picture shows 12 cubes",
    ),
    "nothing": (
        "I find no red cube",
        "In [1 2 3 4], there is no red cube",
        "No red cube was found",
        "No red cube is present",
    ),
    "exists": ("There is a red cube", "An orange cube is present"),
    "property": (
        "The cube at [1 2 3 4] is not red",
        "All 3 cubes are red",
        "None of the 3 cubes is red",
        "Each of the 3 cubes is red",
    ),
    "share": ("2 of the 3 cubes are red", "1 of the 3 cubes is left of the sphere"),
    "attribute": ("The color of the cube is red", "The cube has the color red"),
    "reply": (
        'For the cube, the answer to "What is it? Say." is metal',
        'The answer to "What?" for the cube is red',
    ),
    "match": ("The best match for the cube is cone", "The cube matches cone best"),
    "relation": (
        "The cube is to the left of the sphere",
        "The cube is farther away than the sphere",
        "None of the 3 cubes is behind the sphere",
        "The cube is bigger than the sphere",
        "The cube is in the left half of the picture",
        "Measured horizontally, the cube is closer to the cone than the sphere",
    ),
    "extreme": (
        "The cube is the leftmost of the 3 cubes",
        "Of the 3 cubes, the cube at [1 2 3 4] is the leftmost",
    ),
    "more": (
        "There are more cubes than spheres",
        "The cubes outnumber the spheres",
        "The cubes are as many as the spheres",
    ),
    "comparison": ("3 is greater than 2", "3 equals 3"),
    "sum": ("2 plus 1 is 3", "2 and 1 make 3", "3 less 1 leaves 2"),
    "overlap": ("The cube does not overlap the sphere", "The cube and the sphere overlap"),
    "same": ("The cube and the sphere have different colors",),
    "distinct": (
        "There are 2 different colors: red and blue",
        "The colors are red and blue",
        "The only color is red",
        "Red is the most frequent color, with 2 of 3",
    ),
    "other": ("Bananas",),
}


@pytest.mark.parametrize(("kind", "sentence"), [(k, s) for k, forms in FORMS.items() for s in forms])
def test_kind_of_a_sentence_follows_from_its_form(kind: str, sentence: str) -> None:
    assert kind_of(sentence) == kind
