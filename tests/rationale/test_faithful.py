"""The checker: true rationales pass, planted false facts are caught, whatever the form of the sentence."""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpd.execution.trace import PatchRef, TraceEvent
from vpd.geometry import Box
from vpd.rationale.faithful import check_rationale

SIZE = 100
PICTURE = PatchRef(0, "image", Box(0, 0, SIZE, SIZE))
CUBES = (PatchRef(1, "cube", Box(10, 20, 30, 40)), PatchRef(2, "cube", Box(50, 20, 70, 40)))
SPHERE = PatchRef(3, "sphere", Box(80, 50, 90, 60))
BOXES = ("[100 200 300 400]", "[500 200 700 400]", "[800 500 900 600]")
EVENTS = (
    TraceEvent(0, 2, "tool", "find", CUBES, PICTURE, ("cube",)),
    TraceEvent(1, 3, "tool", "find", (SPHERE,), PICTURE, ("the spheres",)),
    TraceEvent(2, 4, "tool", "find", (), PICTURE, ("green cone",)),
    TraceEvent(3, 5, "tool", "verify_property", True, CUBES[0], ("cube", "red")),
    TraceEvent(4, 5, "tool", "verify_property", False, CUBES[1], ("cube", "red")),
    TraceEvent(5, 6, "tool", "simple_query", "Blue", CUBES[1], ("What color is it?",)),
    TraceEvent(6, 7, "tool", "compute_depth", 2.0, CUBES[0]),
    TraceEvent(7, 7, "tool", "compute_depth", 3.0, SPHERE),
    TraceEvent(8, 8, "tool", "exists", True, PICTURE, ("metal thing",)),
    TraceEvent(9, 9, "return", "str(len(cubes))", "2"),
)


def _kinds(sentences: str, answer: str = "2") -> list[str]:
    return [p.kind for p in check_rationale(f"{sentences} The answer is 2.", EVENTS, answer, SIZE, SIZE)]


TRUE = [
    f"I find 2 cubes at {BOXES[0]} and {BOXES[1]}.",
    f"I find 2 cubes at {BOXES[1]} and {BOXES[0]}.",
    f"I find a sphere at {BOXES[2]}.",
    "I find no green cone.",
    "There is a metal object.",
    f"The cube at {BOXES[0]} is red.",
    f"The cube at {BOXES[1]} is not red.",
    f"The color of the cube at {BOXES[1]} is blue.",
    f'For the cube at {BOXES[1]}, the answer to "What color is it?" is blue.',
    f"The cube at {BOXES[0]} is left of the sphere.",
    f"The cubes at {BOXES[0]} and {BOXES[1]} are left of the sphere.",
    "All 2 cubes are left of the sphere.",
    "None of the 2 cubes is below the sphere.",
    f"The cube at {BOXES[0]} is in front of the sphere.",
    f"The cube at {BOXES[0]} is the leftmost of the 2 cubes.",
    "There are more cubes than spheres.",
    "There are fewer green cones than spheres.",
    "2 is more than 1.",
    "2 plus 1 is 3.",
    f"The cube at {BOXES[0]} does not overlap the sphere.",
]
FALSE = [
    f"I find 3 cubes at {BOXES[0]} and {BOXES[1]}.",
    f"I find a cube at {BOXES[0]}.",
    f"I find 2 cubes at {BOXES[0]} and {BOXES[2]}.",
    f"I find 2 cubes at {BOXES[0]} and [500 200 700 401].",
    f"I find a cone at {BOXES[2]}.",
    "I find no cube.",
    "I find no yellow cone.",
    "There is no metal object.",
    "There is a rubber object.",
    f"The cube at {BOXES[0]} is not red.",
    f"The cube at {BOXES[1]} is red.",
    f"The cube at {BOXES[0]} is large.",
    "The cube is red.",
    "The sphere is red.",
    f"The sphere at {BOXES[0]} is red.",
    "All 2 cubes are red.",
    "None of the 2 cubes is red.",
    f"The color of the cube at {BOXES[1]} is red.",
    f"The shape of the cube at {BOXES[1]} is blue.",
    f"The color of the cube at {BOXES[0]} is blue.",
    f"The best match for the cube at {BOXES[1]} is blue.",
    f"The cube at {BOXES[0]} is right of the sphere.",
    f"The cube at {BOXES[0]} is behind the sphere.",
    f"The cube at {BOXES[1]} is in front of the sphere.",
    "The sphere is left of the sphere.",
    f"The cube at {BOXES[1]} is the leftmost of the 2 cubes.",
    f"The cube at {BOXES[0]} is the leftmost of the 3 cubes.",
    "There are fewer cubes than spheres.",
    "There are as many cubes as spheres.",
    "1 is more than 2.",
    "7 is more than 1.",
    "2 plus 1 is 4.",
    f"The cube at {BOXES[0]} overlaps the sphere.",
    "I can see a lovely picture.",
    f"I find 2 cubes at {BOXES[0]} and {BOXES[1]} and a dog.",
    "The cubes are red.",
]


@pytest.mark.parametrize("sentence", TRUE)
def test_check_rationale_true_sentence_passes(sentence: str) -> None:
    assert _kinds(sentence) == []


@pytest.mark.parametrize("sentence", FALSE)
def test_check_rationale_false_sentence_is_a_problem(sentence: str) -> None:
    assert _kinds(sentence) == ["claim"]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("I find no green cone. The answer is 3.", ["answer"]),
        ("I find no green cone.", ["evidence", "answer"]),
        ("The answer is 2. I find no green cone.", ["claim", "answer"]),
        ("The answer is 2.", ["evidence"]),
        ("The answer is 3. The answer is 2.", ["claim"]),
        ("", ["evidence", "answer"]),
    ],
)
def test_check_rationale_without_a_right_closing_says_so(text: str, kinds: list[str]) -> None:
    assert [p.kind for p in check_rationale(text, EVENTS, "2", SIZE, SIZE)] == kinds


def test_check_rationale_answer_in_other_words_passes() -> None:
    assert _kinds("I find no green cone.", answer="Two") == []


@pytest.mark.parametrize(
    "name", ["cube at [100 200 300 400]", 'a "cube"', "cube. The answer is 9", "cube\nsphere"]
)
def test_check_rationale_name_that_smuggles_claims_is_refused(name: str, tell: Callable[[str], Any]) -> None:
    event = TraceEvent(0, 2, "tool", "find", (), PICTURE, (name,))
    text = f"I find no {name}. The answer is 2."
    assert check_rationale(text, (event,), "2", SIZE, SIZE) != []


@given(st.text(max_size=200))
def test_check_rationale_any_text_ends_in_a_verdict(text: str) -> None:
    assert check_rationale(text, EVENTS, "2", SIZE, SIZE) != []


PHRASES = [
    "the",
    "cube",
    "cubes",
    "at",
    "is",
    "are",
    "not",
    "red",
    "left of",
    "sphere",
    "and",
    "2",
    "all",
    ",",
]
MORE_PHRASES = ["none of the", "I find", "no", "there is", "a", "of", "color", "answer", "behind", "plus"]
PHRASES = [
    "the",
    "cube",
    "cubes",
    "at",
    "is",
    "are",
    "not",
    "red",
    "left of",
    "sphere",
    "and",
    "2",
    "all",
    ",",
]
MORE_PHRASES = ["none of the", "I find", "no", "there is", "a", "of", "color", "answer", "behind", "plus"]
WORDS = st.sampled_from([*PHRASES, *MORE_PHRASES, *BOXES])


@given(st.lists(WORDS, max_size=12))
def test_check_rationale_any_words_of_its_english_never_fail(words: list[str]) -> None:
    check_rationale(f"{' '.join(words)}. The answer is 2.", EVENTS, "2", SIZE, SIZE)


# --- Planted false facts: each mutation changes one fact of a true rationale to one that the trace denies.

OPPOSITES = {
    "left of": "right of",
    "right of": "left of",
    "above": "below",
    "below": "above",
    "in front of": "behind",
    "behind": "in front of",
    "leftmost": "rightmost",
    "lowest": "topmost",
    "nearest": "farthest",
    "farthest": "nearest",
    "more": "fewer",
    "fewer": "more",
    "overlap": "touch",
}
INVENTED = ("dog", "pyramid", "lamp")
QUALITIES = {"red": "blue", "blue": "green", "green": "red", "large": "small", "small": "large"}


def _swapped_words(text: str, words: dict[str, str]) -> Iterator[str]:
    for word, other in words.items():
        for found in re.finditer(rf"\b{word}\b", text):
            yield text[: found.start()] + other + text[found.end() :]


def _moved_boxes(text: str, rng: random.Random) -> Iterator[str]:
    for found in re.finditer(r"\[(\d+) (\d+) (\d+) (\d+)\]", text):
        numbers = [int(n) for n in found.groups()]
        numbers[rng.randrange(4)] += rng.choice([-50, -7, 9, 60])
        yield text[: found.start()] + f"[{' '.join(map(str, numbers))}]" + text[found.end() :]


def _other_counts(text: str, rng: random.Random) -> Iterator[str]:
    for found in re.finditer(r"\[[^\]]*\]|\b(\d+)\b", text):
        if found[1] is not None:
            yield text[: found.start()] + str(int(found[1]) + rng.choice([1, 2, 5])) + text[found.end() :]


def _negated(text: str) -> Iterator[str]:
    for found in re.finditer(r" (is|are) (?!not |the |plus|more|less|equal|no |an? )(?=[a-z])", text):
        if (
            not text[: found.start()].endswith(("The answer", "picture"))
            and " of " not in text[: found.start()][-40:]
        ):
            yield text[: found.end()] + "not " + text[found.end() :]
    yield from (text.replace(" is not ", " is ", 1),) if " is not " in text else ()
    yield from (text.replace("I find no ", "I find a ", 1),) if "I find no " in text else ()
    yield from (text.replace("there is a ", "there is no ", 1),) if "there is a " in text else ()
    yield from (text.replace("There is a ", "There is no ", 1),) if "There is a " in text else ()


def _invented_objects(text: str, rng: random.Random) -> Iterator[str]:
    for found in re.finditer(r"\b(?:cube|sphere|cylinder|cone|object)(s?)\b", text):
        yield text[: found.start()] + rng.choice(INVENTED) + found[1] + text[found.end() :]
    yield f"I find a {rng.choice(INVENTED)} at [10 20 30 40]. {text}"


def _other_answers(text: str) -> Iterator[str]:
    head, _, answer = text.rpartition("The answer is ")
    other = "no" if answer == "yes." else f"{int(answer[:-1]) + 1}" if answer[:-1].isdigit() else "purple"
    yield f"{head}The answer is {other}."


def _mutants(text: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    kinds = {
        "box": _moved_boxes(text, rng),
        "count": _other_counts(text, rng),
        "negation": _negated(text),
        "object": _invented_objects(text, rng),
        "quality": _swapped_words(text, QUALITIES),
        "relation": _swapped_words(text, OPPOSITES),
        "answer": _other_answers(text),
    }
    for kind, mutants in kinds.items():
        yield from ((kind, mutant) for mutant in mutants if mutant != text)


def test_check_rationale_planted_false_facts_are_caught(
    told: dict[str, Any], told_examples: dict[str, Any]
) -> None:
    rng = random.Random(7)
    planted: Counter[str] = Counter()
    missed = []
    for run in [*told.values(), *told_examples.values()] * 2:
        for kind, mutant in _mutants(run.text, rng):
            planted[kind] += 1
            if not check_rationale(mutant, run.events, run.answer, SIZE, SIZE):
                missed.append((kind, mutant))
    assert planted.total() >= 1000
    assert min(planted.values()) >= 50, planted
    assert len(missed) <= 0.01 * planted.total(), missed[:5]
