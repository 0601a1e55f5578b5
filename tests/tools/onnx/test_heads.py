"""From raw network outputs to boxes, on outputs made by hand."""

import numpy as np
import pytest

from vpd.tools.onnx.heads import BINS, MOST, decode

SIDE, STRIDES, CLASSES = 416, (8, 16, 32), 80


def _outputs(*objects):
    """Outputs that say: at this stride and cell, this class with this score, edges so many strides away."""
    scores = {s: np.zeros((1, (SIDE // s) ** 2, CLASSES), np.float32) for s in STRIDES}
    edges = {s: np.zeros((1, (SIDE // s) ** 2, 4 * BINS), np.float32) for s in STRIDES}
    for stride, row, column, number, score, distances in objects:
        cell = row * (SIDE // stride) + column
        scores[stride][0, cell, number] = score
        for edge, distance in enumerate(distances):
            edges[stride][0, cell, edge * BINS + distance] = 50.0
    return [scores[32], edges[32], scores[16], scores[8], edges[16], edges[8]]


def _decode(outputs):
    return decode(outputs, SIDE, STRIDES, 0.35, 0.5)


def test_decode_one_object_gives_its_box_from_the_cells_centre():
    found = _decode(_outputs((16, 3, 5, 7, 0.9, (1, 2, 3, 4))))
    x, y = 5.5 * 16, 3.5 * 16
    assert found.boxes[0] == pytest.approx([x - 16, y - 32, x + 48, y + 64])
    assert (found.scores.tolist(), found.classes.tolist()) == (pytest.approx([0.9]), [7])


def test_decode_distance_is_the_mean_of_its_distribution():
    outputs = _outputs((8, 10, 10, 0, 0.8, (3, 3, 3, 3)))
    outputs[5][0, 10 * 52 + 10, 4] = 50.0  # the left edge: bins 3 and 4, equally sure
    found = _decode(outputs)
    assert found.boxes[0][0] == pytest.approx(10.5 * 8 - 3.5 * 8)


def test_decode_leaves_out_scores_up_to_the_threshold():
    found = _decode(_outputs((32, 1, 1, 2, 0.35, (1, 1, 1, 1)), (32, 5, 5, 2, 0.36, (1, 1, 1, 1))))
    assert found.scores.tolist() == pytest.approx([0.36])


def test_decode_suppresses_the_weaker_of_two_boxes_of_a_class_only():
    place = (4, 4, 4, 4)
    found = _decode(_outputs((16, 8, 8, 1, 0.6, place), (16, 8, 9, 1, 0.7, place), (16, 8, 9, 2, 0.5, place)))
    assert found.classes.tolist() == [1, 2]
    assert found.scores.tolist() == pytest.approx([0.7, 0.5])


def test_decode_keeps_boxes_of_a_class_that_overlap_little():
    found = _decode(_outputs((32, 2, 2, 1, 0.6, (1, 1, 1, 1)), (32, 2, 3, 1, 0.7, (1, 1, 1, 1))))
    assert len(found.scores) == 2


def test_decode_of_nothing_is_empty():
    found = _decode(_outputs())
    assert found.boxes.shape == (0, 4)


def test_decode_of_objects_everywhere_keeps_the_surest():
    places = [(r, c) for r in range(0, 52, 2) for c in range(0, 52, 2)]
    outputs = _outputs(*[(8, r, c, 0, 0.4 + (52 * r + c) / 10_000, (1, 1, 1, 1)) for r, c in places])
    found = _decode(outputs)
    assert len(found.scores) == MOST < len(places)
    assert found.scores.tolist() == sorted(outputs[3][outputs[3] > 0].tolist(), reverse=True)[:MOST]
