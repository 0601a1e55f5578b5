from hypothesis import given
from hypothesis import strategies as st

from vpd.rewriting.boxes import mask

BOX = st.lists(st.integers(0, 1000), min_size=4, max_size=4).map(lambda n: f"[{' '.join(map(str, n))}]")
WORDS = st.text("ab 12.,]\n", max_size=12)
TEXT = st.lists(st.tuples(WORDS, BOX), max_size=8)


def test_mask_gives_each_distinct_box_a_marker_of_its_own():
    masked = mask("I find a cube at [1 2 3 4]. The cube at [1 2 3 4] is left of the one at [5 6 7 8].")
    assert masked.text == "I find a cube at [B1]. The cube at [B1] is left of the one at [B2]."


def test_mask_texts_that_differ_in_boxes_alone_become_one():
    one, other = mask("A at [1 2 3 4] and [5 6 7 8]"), mask("A at [9 9 9 9] and [0 0 10 10]")
    assert one.text == other.text
    assert one.unmask(other.text) == "A at [1 2 3 4] and [5 6 7 8]"
    assert mask("A at [1 2 3 4] and [1 2 3 4]").text != one.text


@given(TEXT)
def test_unmask_undoes_mask(parts):
    text = "".join(f"{words}{box}" for words, box in parts)
    masked = mask(text)
    assert masked.unmask(masked.text) == text
    assert set(masked.boxes.values()) == {box for _, box in parts}


def test_unmask_leaves_a_marker_that_stands_for_no_box():
    assert mask("A at [1 2 3 4]").unmask("A at [B2] and [B1]") == "A at [B2] and [1 2 3 4]"
