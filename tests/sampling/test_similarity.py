"""Likeness by form: things do not count, and no example changes another's place."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpd.datasets.scenes.world import FULL
from vpd.sampling.similarity import likeness, most_alike, things
from vpd.tools.examples import WorkedExample
from vpd.tools.toolset import PHOTOS, SCENES

LIBRARY = (*SCENES.examples, *PHOTOS.examples)
WORDS = ("is", "the", "a", "how", "many", "cubes", "left", "of", "red", "color", "dog", "?", "not")
QUESTIONS = st.one_of(
    st.sampled_from([e.question for e in LIBRARY]),
    st.lists(st.sampled_from(WORDS)).map(" ".join),
    st.text(max_size=40),
)
EXAMPLES = st.builds(
    WorkedExample, QUESTIONS, st.sampled_from([e.program for e in LIBRARY])
)  # questions with programs of others
LIBRARIES = st.lists(st.sampled_from(LIBRARY), unique=True, max_size=20)
DESCRIBED = st.permutations(
    [f"{color} {shape}" for color, shape in zip(FULL.colors, FULL.shapes * 3, strict=False)]
)
FORMS = (
    "Is the {} left of the {}?",
    "What color is the object behind the {}?",
    "Is there a {} or a {}?",
    "How many {}s are there?",
    "Are there more {}s than {}s?",
)


def example(question, *looked_for):
    finds = "".join(f"    image.find({name!r})\n" for name in looked_for)
    return WorkedExample(question, f"def execute_command(image):\n{finds}    return 'yes'")


def test_things_are_the_words_of_the_question_that_the_program_looks_for():
    shown = example("Is the cone left of the gray cubes?", "cone", "gray cube", "dog")
    assert things(shown) == {"cone", "gray", "cubes"}


def test_things_in_a_question_to_a_tool_do_not_count():
    program = (
        'def execute_command(image):\n    return image.find("cone")[0].simple_query("What color is it?")'
    )
    assert things(WorkedExample("What color is the cone?", program)) == {"cone"}


def test_likeness_of_an_example_does_not_depend_on_what_it_is_about():
    cones = example("Is the cone left of the gray cube?", "cone", "gray cube")
    boats = example("Is the boat left of the wooden bridge?", "boat", "wooden bridge")
    for question in ("Is the dog left of the cat?", "How many cones are there?", "left of the gray cube"):
        assert likeness(question, cones) == likeness(question, boats)


def test_likeness_prefers_the_same_form_to_the_same_things():
    same_form = example("Is the umbrella left of the kite?", "umbrella", "kite")
    same_things = example("How many red cubes are there?", "red cube")
    assert likeness("Is the red cube left of the sphere?", same_form) > likeness(
        "Is the red cube left of the sphere?", same_things
    )


def test_likeness_counts_the_words_of_the_runs_that_both_have():
    shown = example("Is it red?")  # with its beginning 4 single words, 3 pairs of words and 2 triples: 16
    assert likeness("Is it blue?", shown) == 2 * (3 + 2 * 2 + 1 * 3) / (16 + 16)
    assert likeness("", shown) == 2 * 1 / (1 + 16)


def test_likeness_sees_how_a_question_begins():
    begins = example("How many are there?")
    ends = example("There are how many?")
    assert likeness("How many?", begins) > likeness("How many?", ends)


@given(QUESTIONS, EXAMPLES)
def test_likeness_is_a_share_and_whole_only_for_the_same_form(question, shown):
    value = likeness(question, shown)
    assert 0 <= value <= 1
    thingless = WorkedExample(question, "def execute_command(image):\n    return 'yes'")
    assert likeness(question, thingless) == 1
    assert likeness(shown.question, shown) < 1 or not things(shown)


@pytest.mark.parametrize("form", FORMS)
@given(names=DESCRIBED)
def test_questions_of_one_form_get_the_same_examples_in_the_same_order(form, names):
    wanted = most_alike(form.format("red cube", "blue sphere"), SCENES.examples, 6)
    assert most_alike(form.format(*names), SCENES.examples, 6) == wanted


@given(QUESTIONS, LIBRARIES, st.integers(0, 25))
def test_most_alike_are_the_most_alike_with_the_best_last(question, library, count):
    chosen = most_alike(question, library, count)
    assert len(chosen) == min(count, len(library))
    alike = [likeness(question, e) for e in chosen]
    assert alike == sorted(alike)
    left_out = [likeness(question, e) for e in library if e not in chosen]
    assert not chosen or max(left_out, default=0) <= alike[0]


@given(QUESTIONS, LIBRARIES, EXAMPLES, st.integers(0, 20))
def test_one_more_example_changes_no_other_ones_place(question, library, added, place):
    larger = [*library[:place], added, *library[place:]]
    ranked = most_alike(question, larger, len(larger))
    ranked.remove(added)
    if added in library:
        return
    assert ranked == most_alike(question, library, len(library))


@given(QUESTIONS, LIBRARIES, st.randoms(use_true_random=False))
def test_most_alike_order_of_the_library_decides_ties_only(question, library, rng: random.Random):
    shuffled = rng.sample(library, len(library))
    before, after = (most_alike(question, e, len(e)) for e in (library, shuffled))
    assert [likeness(question, e) for e in before] == [likeness(question, e) for e in after]


def test_most_alike_of_equals_the_first_is_nearest_to_the_question():
    twins = [example("Is the cone red?", "cone"), example("Is the boat red?", "boat")]
    assert most_alike("Is the dog red?", twins, 2) == twins[::-1]
