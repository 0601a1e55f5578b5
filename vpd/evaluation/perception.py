"""What a pretrained base sees: its captions of pictures it was not trained on, held against the true ones."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import polars as pl
from PIL import Image

from vpd.distill.generate import Student
from vpd.distill.notation import NotationName
from vpd.distill.picture_files import open_image
from vpd.distill.run_folder import write_json
from vpd.evaluation.boxes import box_recall, point_recall, read_boxes, read_points
from vpd.records import EXAMPLES, Example
from vpd.store import ArtifactStore

PICTURES = 100  # of the val split, about seven captions each
_BATCH, _LONGEST = 64, 192


@dataclass(frozen=True)
class Perception:
    """Counts over captions. A box is found if a stated one has an intersection over union of 0.5 with it, or,
    of a base that states points, if a point lies in it.

    `described`: pictures with the right number of objects; `named`: boxes whose object is named in full.
    """

    pictures: int
    boxes: int
    found: int
    stated: int
    described: int
    asked: int
    named: int

    def told(self) -> str:
        """Return the counts in a sentence."""
        return (
            f"{self.pictures} pictures it has not seen: {self.found} of {self.boxes} boxes found "
            f"({self.stated} stated), {self.described} pictures with the right number of objects, "
            f"{self.named} of {self.asked} boxes named in full"
        )


def measure_perception(
    folder: Path, notation: NotationName = "boxes", pictures: int = PICTURES
) -> Perception:
    """Ask the base that `vpd pretrain` made in a folder; returns what it also writes to `perception.json`."""
    recall, read = (box_recall, read_boxes) if notation == "boxes" else (point_recall, read_points)
    store = ArtifactStore.open(str(folder / "store"))
    rows = _validation(store, pictures)
    told = _captions(store, Student.load(folder / "run" / "model", notation), rows)
    placed = [(text, row) for text, row in zip(told, rows, strict=True) if row.family != "name"]
    found, boxes = (sum(n) for n in zip(*(recall([(t, r.target)]) for t, r in placed), strict=True))
    named = [text == row.target for text, row in zip(told, rows, strict=True) if row.family == "name"]
    perception = Perception(
        pictures=len({row.image_id for row in rows}),
        boxes=boxes,
        found=found,
        stated=sum(len(read(text)) for text, _ in placed),
        described=sum(len(read(t)) == len(read_boxes(r.target)) for t, r in placed if r.family == "describe"),
        asked=len(named),
        named=sum(named),
    )
    write_json(folder / "perception.json", asdict(perception))
    return perception


def _validation(store: ArtifactStore, pictures: int) -> list[Example]:
    frame = pl.concat([frame.filter(pl.col("split") == "val") for _, frame in store.iter_shards(EXAMPLES)])
    chosen = frame["image_id"].unique(maintain_order=True)[:pictures]
    return EXAMPLES.rows(frame.filter(pl.col("image_id").is_in(chosen.to_list())))


def _captions(store: ArtifactStore, student: Student, rows: Sequence[Example]) -> list[str]:
    @cache
    def picture(image_id: str) -> Image.Image:
        return open_image(store.get_blob(image_id), f"image {image_id}")

    told: list[str] = []
    for start in range(0, len(rows), _BATCH):
        part = rows[start : start + _BATCH]
        told += student.write([picture(r.image_id) for r in part], [r.prompt for r in part], _LONGEST)
    return told
