"""Boxes that a rationale states, and how many of them are where an object is.

Rationales write a box as [left top right bottom], integers on a 0-1000 grid. A stated box is right if its
intersection over union with some object of the ground truth is at least 0.5; that the object is the one the
sentence names is not checked. Pictures without ground truth are left out.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from vpd.datasets.scenes.world import Scene
from vpd.geometry import GRID, Box
from vpd.records import SCENE_TRUTH, Prediction
from vpd.store import ArtifactStore

IOU_THRESHOLD = 0.5

_BOX = re.compile(r"\[\s*(\d{1,4})[\s,]+(\d{1,4})[\s,]+(\d{1,4})[\s,]+(\d{1,4})\s*\]")


@dataclass(frozen=True)
class BoxPrecision:
    """How many stated boxes were looked at and how many of them hold an object."""

    stated: int
    right: int

    @property
    def share(self) -> float | None:
        """Share of right boxes; None if none was stated."""
        return self.right / self.stated if self.stated else None


def read_boxes(text: str) -> list[Box]:
    """Return the boxes a text states, in 0-1000 grid units, as written: also empty or inverted ones."""
    return [Box(*(float(v) for v in match.groups())) for match in _BOX.finditer(text)]


def to_pixels(box: Box, width: int, height: int) -> Box:
    """Return a grid box in pixels of a picture of this size."""
    x, y = width / GRID, height / GRID
    return Box(box.left * x, box.top * y, box.right * x, box.bottom * y)


def box_precision(
    predictions: Iterable[Prediction], picture_of: Mapping[str, str], scenes: Mapping[str, Scene]
) -> BoxPrecision | None:
    """Judge the boxes of rationales; `picture_of` maps question to picture. None if no picture has truth."""
    stated = right = 0
    for prediction in predictions:
        scene = scenes.get(picture_of[prediction.question_id])
        if scene is None:
            continue
        boxes = [to_pixels(box, scene.width, scene.height) for box in read_boxes(prediction.text)]
        stated += len(boxes)
        right += sum(any(box.iou(o.box) >= IOU_THRESHOLD for o in scene.objects) for box in boxes)
    return BoxPrecision(stated, right) if scenes else None


def load_scenes(store: ArtifactStore, pictures: set[str]) -> dict[str, Scene]:
    """Return the ground truth of those of the pictures that have one."""
    scenes = {}
    for _, frame in store.iter_shards(SCENE_TRUTH):
        for row in SCENE_TRUTH.rows(frame.filter(pl.col("image_id").is_in(list(pictures)))):
            scenes[row.image_id] = Scene.from_json(row.scene_json)
    return scenes
