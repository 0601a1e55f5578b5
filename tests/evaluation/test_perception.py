"""What a base sees is counted over pictures of the val split alone, and is what its captions say."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from vpd.distill.generate import Student
from vpd.distill.notation import Notation
from vpd.distill.pretrain import VALIDATED, PretrainConfig, write_captions
from vpd.evaluation.perception import measure_perception
from vpd.records import EXAMPLES, Example
from vpd.store import ArtifactStore

PICTURES = 2 * VALIDATED


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("captions")
    write_captions(str(made / "store"), PretrainConfig(pictures=PICTURES))
    return made


@pytest.fixture
def says(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Example], str]], None]:
    """Let the base say of every caption what a function makes of the true one."""

    def let(say: Callable[[Example], str]) -> None:
        store = ArtifactStore.open(str(folder / "store"))
        rows = [row for _, f in store.iter_shards(EXAMPLES) for row in EXAMPLES.rows(f) if row.split == "val"]
        told = iter(map(say, rows))

        def write(images: Sequence[object], prompts: Sequence[str], longest: int) -> list[str]:
            return [next(told) for _ in prompts]

        monkeypatch.setattr(Student, "load", lambda folder, notation: SimpleNamespace(write=write))

    return let


def test_perception_of_one_who_says_what_is_true_is_whole(folder: Path, says) -> None:
    says(lambda row: row.target)
    seen = measure_perception(folder)
    assert seen.pictures == seen.described == PICTURES // VALIDATED
    assert (
        seen.found == seen.boxes == pytest.approx(seen.stated, abs=3)
    )  # a box that is told twice counts once
    assert seen.named == seen.asked == 2 * seen.pictures
    assert json.loads((folder / "perception.json").read_text())["found"] == seen.found


def test_perception_of_one_who_sees_nothing_is_nothing(folder: Path, says) -> None:
    says(lambda row: "I see nothing.")
    seen = measure_perception(folder)
    assert (seen.found, seen.stated, seen.described, seen.named) == (0, 0, 0, 0)
    assert seen.boxes > 0
    assert "0 of" in seen.told()


def test_perception_of_points_finds_the_boxes_that_hold_them(folder: Path, says) -> None:
    says(lambda row: row.target if row.family == "name" else Notation("points").write(row.target))
    seen = measure_perception(folder, "points")
    assert seen.found == seen.boxes
    assert seen.described == seen.pictures
    says(lambda row: "I see it at [0 0].")
    assert measure_perception(folder, "points").found == 0


def test_perception_asks_about_no_more_pictures_than_it_should(folder: Path, says) -> None:
    says(lambda row: row.target)
    assert measure_perception(folder, pictures=1).pictures == 1
