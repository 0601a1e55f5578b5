"""Words taken from an example are found; a question's own words and anyone's are not."""

import pytest

from vpd.execution.program import Program, canonical
from vpd.sampling.copied import copied_word
from vpd.sampling.prompt import Asked, shown_examples
from vpd.sampling.request import SamplingConfig
from vpd.tools.toolset import PHOTOS, SCENES


def program(*lines):
    return "\n".join(["def execute_command(image):", *(f"    {line}" for line in lines)])


def shown(spec, *questions):
    found = [e for e in spec.examples if e.question in questions]
    assert len(found) == len(questions)
    return found


BROWN_CUBE = shown(SCENES, "Is there a cone right of the brown cube?")
BAKERY = shown(PHOTOS, "Does the word bakery appear?")


def test_copied_brown_cube_is_from_the_example():
    source = program('cube = image.find("brown cube")[0]', 'return "yes"')
    assert copied_word(source, "Is there a sphere right of the cube?", BROWN_CUBE, SCENES.examples) == (
        "brown",
        2,
    )
    assert (
        copied_word(source, "Is there a sphere right of the brown cube?", BROWN_CUBE, SCENES.examples) is None
    )


def test_copied_word_bakery_is_from_the_example():
    source = program("text = image.read_text().lower()", 'return bool_to_yesno("bakery" in text)')
    assert copied_word(source, "Does the word open appear?", BAKERY, PHOTOS.examples) == ("bakery", 3)
    assert copied_word(source, "Is this a bakery?", BAKERY, PHOTOS.examples) is None


def test_copied_word_of_an_example_that_is_not_shown_is_the_models_own():
    source = program('return str(len(image.find("brown cube")))')
    assert copied_word(source, "How many dogs are there?", BAKERY, SCENES.examples) is None


def test_copied_plural_and_capital_are_the_same_word():
    source = program('return str(len(image.find("Brown cubes")))')
    assert copied_word(source, "Is there a BROWN cube?", BROWN_CUBE, SCENES.examples) is None
    assert copied_word(source, "How many cubes are there?", BROWN_CUBE, SCENES.examples) == ("brown", 2)


def test_copied_word_in_a_question_to_a_tool_may_stand():
    source = program('return image.simple_query("What color is the brown cube?")')
    assert copied_word(source, "What color is it?", BROWN_CUBE, SCENES.examples) is None


@pytest.mark.parametrize(
    ("spec", "word", "question"),
    [
        (SCENES, "object", "What shape is the nearest object?"),
        (PHOTOS, "person", "Is anybody on the elephant?"),
    ],
)
def test_copied_word_that_is_nobodys_is_anyones(spec, word, question):
    source = program(f"return str(len(image.find({word!r})))")
    assert copied_word(source, "How many are here?", shown(spec, question), spec.examples) is None


@pytest.mark.parametrize(
    ("spec", "example"),
    [(spec, example) for spec in (SCENES, PHOTOS) for example in spec.examples],
    ids=lambda value: getattr(value, "question", ""),
)
def test_copied_no_worked_example_is_flagged_for_its_own_question(spec, example):
    prompt = shown_examples(Asked(example.question), spec.name, SamplingConfig().examples)
    for text in (example.program, canonical(example.program).source):
        assert copied_word(text, example.question, prompt, spec.examples) is None
    assert isinstance(canonical(example.program), Program)
