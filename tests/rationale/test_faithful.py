"""The rationale as a whole: its sentences, its closing, the answer in whatever form."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpd.execution.trace import PatchRef, TraceEvent
from vpd.geometry import Box
from vpd.rationale.faithful import check_rationale

SIZE = 100
PICTURE = PatchRef(0, "image", Box(0, 0, SIZE, SIZE))
SOURCE = """\
def execute_command(image):
    image_patch = ImagePatch(image)
    cones = image_patch.find('green cone')
    return str(len(cones))"""
FIND = TraceEvent(1, 3, "tool", "find", (), PICTURE, ("green cone",))
EVENTS = (
    TraceEvent(0, 2, "value", "image_patch", PICTURE),
    FIND,
    TraceEvent(2, 3, "value", "cones", ()),
    TraceEvent(3, 4, "return", "str(len(cones))", "0"),
)


def kinds(text: str, answer: str = "0") -> list[str]:
    return [p.kind for p in check_rationale(text, SOURCE, EVENTS, answer, SIZE, SIZE)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I find no green cone. The answer is 0.", []),
        ("I find no green cone. Therefore, the answer is 0.", []),
        ("I find no green cone. So the answer is 0.", []),
        ("First, there are no green cones.\nHence, the answer is: 0.", []),
        ("There is no green cone, so the answer is 0.", []),
        ("There is no green cone, so the answer is 1.", ["answer"]),
        ("Since there are no green cones, the answer is 0.", []),
        ("Because there is no green cone present, the answer is 0.", []),
        ("Since there is a green cone, the answer is 0.", ["claim"]),
        ("Since there is no green cone, the answer is 1.", ["answer"]),
        ("Since the answer is 1, the answer is 0.", ["claim"]),
        ("If there is no green cone, the answer is 0.", ["evidence", "answer"]),
        ("There is a green cone, so the answer is 0.", ["claim"]),
        ("I find no green cone. The answer is 3.", ["answer"]),
        ("I find no green cone. The answer is not 0.", ["answer"]),
        ("I find no green cone.", ["evidence", "answer"]),
        ("I find no green cone. The answer is", ["answer"]),
        ("The answer is 0. I find no green cone.", ["claim", "answer"]),
        ("The answer is 0.", ["evidence"]),
        ("I find no green cone. The answer is 3. The answer is 0.", ["claim"]),
        ("I find no green cone. What a day! The answer is 0.", ["claim"]),
        ("I find no green cone. The answer is 0. U.S. The answer is 0.", ["claim", "claim"]),
        ("", ["evidence", "answer"]),
    ],
)
def test_check_rationale_closing_is_the_runs_answer_or_a_problem(text: str, found: list[str]) -> None:
    assert kinds(text) == found


@pytest.mark.parametrize(
    ("said", "answer", "right"),
    [
        ("0", "Zero", True),
        ("1.5", "1.50", True),
        ("1.5", "1.6", False),
        ("U.S.", "U.S.", True),
        ("U.S. Army", "U.S. Army", True),
        ("U.S. Navy", "U.S. Army", False),
        ("no. 5", "No. 5", True),
        ("the old town hall", "Old Town Hall", True),
        ("café au lait", "Café au lait", True),
        ("x-ray 2", "x-ray 2", True),
        ("x-ray 3", "x-ray 2", False),
        ('a "stop" sign', "stop sign", True),
    ],
)
def test_check_rationale_answer_of_any_form_is_compared_normalised(
    said: str, answer: str, right: bool
) -> None:
    assert kinds(f"I find no green cone. The answer is {said}.", answer) == ([] if right else ["answer"])


@pytest.mark.parametrize(
    "name", ["cube at [100 200 300 400]", 'a "cube"', "cube. The answer is 9", "cube\nsphere"]
)
def test_check_rationale_name_that_smuggles_claims_is_refused(name: str) -> None:
    events = tuple(replace(e, args=(name,)) if e is FIND else e for e in EVENTS)
    assert check_rationale(f"I find no {name}. The answer is 0.", SOURCE, events, "0", SIZE, SIZE) != []


@given(st.text(max_size=200))
def test_check_rationale_any_text_ends_in_a_verdict(text: str) -> None:
    assert kinds(text) != []


PIECES = st.sampled_from(
    ["The answer is", "I find no green cone", "0", ".", '"', "U.S.", " ", "\n", "so", ",", "é"]
)


@given(st.lists(PIECES, max_size=20))
def test_check_rationale_pieces_in_any_order_never_give_another_answer(pieces: list[str]) -> None:
    assert kinds(" ".join(pieces), "7") != []
