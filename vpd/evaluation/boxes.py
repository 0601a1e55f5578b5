"""Boxes that a rationale states, and how many of them are where an object is.

Rationales write a box as [left top right bottom], integers on a 0-1000 grid. A stated box is right if its
intersection over union with some object of the ground truth is at least 0.5; that the object is the one the
sentence names is not checked. Pictures without ground truth are left out.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from vpd.datasets.scenes.world import Scene, SceneObject
from vpd.geometry import GRID, Box
from vpd.records import SCENE_TRUTH, Prediction
from vpd.store import ArtifactStore

IOU_THRESHOLD = 0.5

_BOX = re.compile(r"\[\s*(\d{1,4})[\s,]+(\d{1,4})[\s,]+(\d{1,4})[\s,]+(\d{1,4})\s*\]")
_POINT = re.compile(r"\[(\d{1,4}) (\d{1,4})\]")


@dataclass(frozen=True)
class BoxPrecision:
    """How many stated boxes were looked at and how many of them hold an object."""

    stated: int
    right: int
    overlap: float
    """Sum over the boxes of the best intersection over union with an object."""

    @property
    def share(self) -> float | None:
        """Share of right boxes; None if none was stated."""
        return self.right / self.stated if self.stated else None

    @property
    def mean_iou(self) -> float | None:
        """Mean of the best intersection over union with an object; None if no box was stated."""
        return self.overlap / self.stated if self.stated else None


def read_boxes(text: str) -> list[Box]:
    """Return the boxes a text states, in 0-1000 grid units, as written: also empty or inverted ones."""
    return [Box(*(float(v) for v in match.groups())) for match in _BOX.finditer(text)]


def read_points(text: str) -> list[tuple[float, float]]:
    """Return the points [x y] a text states, in 0-1000 grid units."""
    return [(float(x), float(y)) for x, y in _POINT.findall(text)]


def to_pixels(box: Box, width: int, height: int) -> Box:
    """Return a grid box in pixels of a picture of this size."""
    x, y = width / GRID, height / GRID
    return Box(box.left * x, box.top * y, box.right * x, box.bottom * y)


def best_object(box: Box, scene: Scene) -> tuple[SceneObject | None, float]:
    """Return the object whose box a box in pixels meets best, and their intersection over union."""
    found = max(scene.objects, key=lambda o: box.iou(o.box), default=None)
    return found, 0.0 if found is None else box.iou(found.box)


def judge_boxes(texts: Iterable[tuple[str, Scene]]) -> BoxPrecision:
    """Judge the boxes of texts about scenes."""
    ious = [
        best_object(to_pixels(box, scene.width, scene.height), scene)[1]
        for text, scene in texts
        for box in read_boxes(text)
    ]
    return BoxPrecision(len(ious), sum(iou >= IOU_THRESHOLD for iou in ious), sum(ious))


def box_precision(
    predictions: Iterable[Prediction], picture_of: Mapping[str, str], scenes: Mapping[str, Scene]
) -> BoxPrecision | None:
    """Judge the boxes of rationales; `picture_of` maps question to picture. None if no picture has truth."""
    pictures = ((p.text, scenes.get(picture_of[p.question_id])) for p in predictions)
    return judge_boxes((text, scene) for text, scene in pictures if scene is not None) if scenes else None


def box_recall(texts: Iterable[tuple[str, str]]) -> tuple[int, int]:
    """Return how many boxes of reference rationales a text states, and how many there are.

    `texts` holds pairs of a text and its reference; a box is stated if one of the text has an intersection
    over union of at least 0.5 with it. A box that a reference repeats counts once.
    """
    found = wanted = 0
    for text, reference in texts:
        stated = read_boxes(text)
        for box in set(read_boxes(reference)):
            wanted += 1
            found += any(box.iou(other) >= IOU_THRESHOLD for other in stated)
    return found, wanted


def point_recall(texts: Iterable[tuple[str, str]]) -> tuple[int, int]:
    """Return as `box_recall` does; a box is stated if a point of the text lies in it."""
    found = wanted = 0
    for text, reference in texts:
        stated = read_points(text)
        for box in set(read_boxes(reference)):
            wanted += 1
            found += any(box.left <= x <= box.right and box.top <= y <= box.bottom for x, y in stated)
    return found, wanted


def load_scenes(store: ArtifactStore, pictures: set[str]) -> dict[str, Scene]:
    """Return the ground truth of those of the pictures that have one."""
    scenes = {}
    for _, frame in store.iter_shards(SCENE_TRUTH):
        for row in SCENE_TRUTH.rows(frame.filter(pl.col("image_id").is_in(list(pictures)))):
            scenes[row.image_id] = Scene.from_json(row.scene_json)
    return scenes
