"""What a program looks for, and what it only asks or answers."""

import pytest

from vpd.sampling.looked_for import looked_for, stem, words


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ('return image.find("red cube")', ["red cube"]),
        ('return image.best_text_match(["cone", "big cube"])', ["cone", "big cube"]),
        ('return image.verify_property("cube", "brown")', ["cube", "brown"]),
        ('return "bakery" in image.read_text()', ["bakery"]),
        ('return image.read_text() == "STOP"', ["STOP"]),
        ('return image.find(f"{color} object")', ["object"]),
        ('return image.simple_query("What color is the cube?")', []),
        ('return "none"', []),
        ('print("cube")', []),
    ],
)
def test_looked_for_are_the_texts_given_to_methods_or_compared_with(line, wanted):
    found = list(looked_for(f"def execute_command(image):\n    color = 'red'\n    {line}"))
    assert [" ".join(words(text)) for text, _ in found] == [text.lower() for text in wanted]
    assert {number for _, number in found} <= {3}


def test_words_are_lower_case_without_marks_and_stems_without_the_plural():
    assert words("Is the RED-cube_2's edge é?") == ("is", "the", "red", "cube", "2", "s", "edge", "é")
    assert stem("cubes") == stem("cube") == "cube"
