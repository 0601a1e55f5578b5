"""What `find` and `exists` make of a detector's boxes, and the closed vocabulary."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpd.geometry import Box
from vpd.tools.protocol import Picture, ToolRequest
from vpd.tools.transformers.closed import Vocabulary
from vpd.tools.transformers.detection import Finding, suppress


class MadeUp:
    """A detector that sees given boxes."""

    def __init__(self, boxes, scores):
        self.seen = np.array(boxes, float).reshape(-1, 4), np.array(scores, float)

    def detect(self, model, crops, names):
        return [self.seen] * len(crops)


def answer(boxes, scores, **options):
    region = Box(10, 20, 110, 100)
    request = ToolRequest(Picture("p", np.zeros((100, 120, 3), np.uint8)), region, ("cat",))
    [found] = Finding(MadeUp(boxes, scores), 0.5, **options).answer(None, [request])
    return found


def test_find_gives_each_object_once_from_left_to_right_in_picture_pixels():
    found = answer([[50, 5, 90, 40], [52, 5, 90, 40], [0, 0, 20, 20], [30, 30, 30, 50]], [0.6, 0.9, 0.7, 0.8])
    assert [(d.box, d.confidence) for d in found.value] == [
        (Box(10, 20, 30, 40), 0.7),
        (Box(62, 25, 100, 60), 0.9),
    ]


def test_exists_has_the_surest_objects_confidence():
    assert answer([[0, 0, 9, 9], [50, 50, 70, 70]], [0.3, 0.8], only_exists=True).value is True
    assert answer([[0, 0, 9, 9], [50, 50, 70, 70]], [0.3, 0.8], only_exists=True).confidence == 0.8
    nothing = answer([], [], only_exists=True)
    assert (nothing.value, nothing.confidence) == (False, None)


def test_a_box_that_is_no_number_is_dropped():
    assert [d.confidence for d in answer([[0, 0, np.nan, 9], [5, 5, 9, 9]], [0.9, 0.5]).value] == [0.5]


edges = st.integers(0, 40)


@given(
    st.lists(st.tuples(edges, edges, st.integers(1, 20), st.integers(1, 20), st.floats(0, 1)), max_size=12),
    st.floats(0.1, 0.9),
)
def test_kept_boxes_overlap_little_and_every_other_overlaps_a_surer_kept_one(made, overlap):
    boxes = [Box(x, y, x + w, y + h) for x, y, w, h, _ in made]
    scores = [score for *_, score in made]
    arrays = np.array([[b.left, b.top, b.right, b.bottom] for b in boxes], float).reshape(-1, 4)
    kept = suppress(arrays, np.array(scores, float), overlap)
    assert [scores[n] for n in kept] == sorted((scores[n] for n in kept), reverse=True)
    for i, n in enumerate(kept):
        assert all(boxes[n].iou(boxes[m]) <= overlap + 1e-9 for m in kept[:i])
    for n in set(range(len(boxes))) - set(kept):
        assert any(boxes[n].iou(boxes[m]) > overlap - 1e-9 and scores[m] >= scores[n] for m in kept)


COCO = {
    0: "N/A",
    1: "person",
    2: "sofa",
    3: "bus",
    4: "knife",
    5: "cherry",
    6: "traffic light",
    7: "glass",
    8: "N/A",
}


@pytest.mark.parametrize(
    ("words", "classes"),
    [
        ("person", {1}),
        ("A Person", {1}),
        ("people", {1}),
        ("human", {1}),
        ("couch", {2}),
        ("the sofas", {2}),
        ("buses", {3}),
        ("knives", {4}),
        ("cherries", {5}),
        ("traffic  lights", {6}),
        ("glass", {7}),
        ("glasses", {7}),
        ("red bus", set()),
        ("N/A", set()),
        ("gla", set()),
        ("", set()),
        ("s", set()),
    ],
)
def test_vocabulary_knows_plurals_articles_and_synonyms_only(words, classes):
    assert Vocabulary(COCO).classes(words) == classes


def test_vocabulary_lists_real_names():
    assert Vocabulary(COCO).names == ("person", "sofa", "bus", "knife", "cherry", "traffic light", "glass")
    assert Vocabulary({0: "LABEL_0", 1: "LABEL_1"}).names == ()
