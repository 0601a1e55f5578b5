import pytest

from vpd.datasets.scenes.world import Scene, SceneObject
from vpd.evaluation.boxes import box_precision, read_boxes, to_pixels
from vpd.geometry import Box
from vpd.records import Prediction

SCENE = Scene(
    "easy", 0, 200, 100, (SceneObject("cube", "red", "large", "", 0, 0, 1, Box(20, 10, 60, 50), 1.0),)
)


def said(text: str, question_id: str = "q") -> Prediction:
    return Prediction("p", "student", "rationale", question_id, "count", False, text, "1", True, 0.0)


def test_read_boxes_takes_only_four_numbers_in_brackets() -> None:
    assert read_boxes("one [1 2 3 4], [5, 6, 7, 8] and [1 2 3] or [a b c d]") == [
        Box(1, 2, 3, 4),
        Box(5, 6, 7, 8),
    ]


def test_to_pixels_undoes_the_grid() -> None:
    box = Box(20, 10, 60, 50)
    assert to_pixels(Box(*box.on_grid(200, 100)), 200, 100) == box


def test_box_precision_counts_boxes_that_overlap_an_object_by_half() -> None:
    texts = [
        said("[100 100 300 500]"),
        said("[100 100 300 480] and [700 0 900 100]"),
        said("[300 500 100 100]"),
    ]
    found = box_precision(texts, {"q": "i"}, {"i": SCENE})
    assert found is not None
    assert (found.stated, found.right, found.share) == (4, 2, 0.5)
    assert found.mean_iou == pytest.approx((1.0 + 0.95) / 4)


def test_box_precision_leaves_pictures_without_truth_out() -> None:
    assert box_precision([said("[0 0 1 1]")], {"q": "photo"}, {}) is None
    found = box_precision([said("[0 0 1 1]", "r"), said("no box")], {"q": "i", "r": "photo"}, {"i": SCENE})
    assert found is not None
    assert (found.stated, found.share, found.mean_iou) == (0, None, None)
