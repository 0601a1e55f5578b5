"""Places in the tokens of a student, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpd.distill.notation import Notation, NotationName
from vpd.distill.student import train_tokenizer
from vpd.evaluation.boxes import read_boxes

EDGE = st.integers(0, 1000)
BOXES = st.lists(st.tuples(EDGE, EDGE, EDGE, EDGE), max_size=4)


def text_with(boxes: list[tuple[int, int, int, int]]) -> str:
    return " and ".join(["I see cubes at", *(f"[{' '.join(map(str, box))}]" for box in boxes)]) + "."


@given(BOXES, st.integers(1, 1000))
def test_notation_read_back_moves_no_edge_by_more_than_a_bin(
    boxes: list[tuple[int, int, int, int]], bins: int
) -> None:
    notation = Notation("boxes", bins)
    read = read_boxes(notation.read(notation.write(text_with(boxes))))
    assert len(read) == len(boxes)
    for box, found in zip(boxes, read, strict=True):
        edges = (found.left, found.top, found.right, found.bottom)
        assert all(abs(a - b) <= 500 / bins + 1 for a, b in zip(box, edges, strict=True))


@pytest.mark.parametrize(
    ("name", "bins", "written", "read"),
    [
        ("boxes", None, "A cube, at [100 200 300 400].", "A cube, at [100 200 300 400]."),
        ("points", None, "A cube, at [200 300].", "A cube, at [200 300]."),
        ("boxes", 10, "A cube, at <x1><y2><x3><y4>.", "A cube, at [150 250 350 450]."),
        ("points", 10, "A cube, at <x2><y3>.", "A cube, at [250 350]."),
    ],
)
def test_notation_writes_and_reads(name: NotationName, bins: int | None, written: str, read: str) -> None:
    notation = Notation(name, bins)
    assert notation.write("A cube, at [100 200 300 400].") == written
    assert notation.read(written) == read


@given(BOXES)
def test_place_tokens_are_one_token_each_and_are_read_without_loss(
    boxes: list[tuple[int, int, int, int]],
) -> None:
    notation = Notation.of(TOKENIZER)
    assert notation.bins == 16
    written = notation.write(text_with(boxes))
    ids = TOKENIZER(written, add_special_tokens=False)["input_ids"]
    places = [t for t in TOKENIZER.convert_ids_to_tokens(ids) if t.startswith(("<x", "<y"))]
    assert len(places) == 4 * len(boxes)
    assert notation.read(TOKENIZER.decode(ids, skip_special_tokens=True)) == notation.read(written)


def test_tokenizer_without_place_tokens_is_written_to_in_numbers() -> None:
    assert Notation.of(train_tokenizer(["I see a cube at [1 2 3 4]."] * 2, 300)) == Notation()


TOKENIZER = train_tokenizer([text_with([(1, 2, 3, 4)])] * 2, 400, place_bins=16)
