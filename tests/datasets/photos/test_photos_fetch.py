import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vpd.datasets.ingest import ingest_images, ingest_questions
from vpd.datasets.jsonl import register_jsonl
from vpd.datasets.photos.catalog import OPENCV, PHOTOGRAPHS, SKIMAGE, Package, Photograph
from vpd.datasets.photos.fetch import FetchReport, fetch_photographs, locate, pixels_sha256
from vpd.datasets.photos.questions import photo_questions
from vpd.datasets.sources import shard_names
from vpd.errors import ConfigError, DataError
from vpd.store import ArtifactStore

needs_opencv_doc = pytest.mark.skipif(
    not (locate(OPENCV) and (Path(OPENCV.place) / "examples/data").is_dir()),
    reason="opencv-doc is not installed: apt-get install opencv-doc",
)


def of(package: Package) -> list[Photograph]:
    return [p for p in PHOTOGRAPHS if p.package == package]


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    return {f.name: (f.stat().st_ino, f.stat().st_mtime_ns) for f in folder.iterdir()}


def rows(report: FetchReport) -> list[dict[str, object]]:
    return [json.loads(line) for line in report.file.read_text().splitlines()]


@pytest.fixture
def skimage() -> list[Photograph]:
    pytest.importorskip("skimage", reason="scikit-image is not installed: pip install scikit-image")
    return of(SKIMAGE)


def test_fetch_scikit_image_writes_its_photographs_and_questions(
    tmp_path: Path, skimage: Sequence[Photograph]
) -> None:
    report = fetch_photographs(tmp_path / "new" / "photos", skimage)
    for photograph in skimage:
        image = Image.open(report.file.parent / photograph.image)
        assert (image.format, image.mode) == ("PNG", "RGB")
        assert pixels_sha256(np.asarray(image)) == photograph.sha256
    wanted = {q.id: list(q.answers) for q in photo_questions() if q.photograph in {p.ref for p in skimage}}
    assert {row["id"]: row["answers"] for row in rows(report)} == wanted
    (found,) = report.packages
    assert (found.photographs, found.questions, found.problems) == (len(skimage), len(wanted), ())
    assert report.written == len(skimage) + 2


def test_fetch_licences_name_every_photograph_and_its_licence(
    tmp_path: Path, skimage: Sequence[Photograph]
) -> None:
    fetch_photographs(tmp_path, skimage)
    lines = (tmp_path / "LICENCES.md").read_text().splitlines()
    for photograph in skimage:
        assert any(photograph.image in line and photograph.licence in line for line in lines)


def test_fetch_again_rewrites_nothing(tmp_path: Path, skimage: Sequence[Photograph]) -> None:
    fetch_photographs(tmp_path, skimage)
    before = stamps(tmp_path)
    assert fetch_photographs(tmp_path, skimage).written == 0
    assert stamps(tmp_path) == before


def test_fetch_again_mends_a_broken_file_only(tmp_path: Path, skimage: Sequence[Photograph]) -> None:
    fetch_photographs(tmp_path, skimage)
    broken = tmp_path / skimage[0].image
    broken.write_bytes(broken.read_bytes()[:1000])
    before = stamps(tmp_path)
    assert fetch_photographs(tmp_path, skimage).written == 1
    assert {name for name, stamp in stamps(tmp_path).items() if stamp != before[name]} == {broken.name}
    assert pixels_sha256(np.asarray(Image.open(broken))) == skimage[0].sha256


def test_fetch_missing_package_loses_only_its_own(tmp_path: Path, skimage: Sequence[Photograph]) -> None:
    for place in (str(tmp_path / "nowhere"), "no_such_module"):
        gone = replace(OPENCV, place=place)
        lost = [replace(p, package=gone) for p in of(OPENCV)]
        report = fetch_photographs(tmp_path / "photos", [*skimage, *lost])
        there, away = report.packages
        assert (there.photographs, there.missing) == (len(skimage), 0)
        assert (away.photographs, away.questions, away.missing) == (0, 0, len(lost))
        assert all(gone.install in str(problem) for problem in away.problems)
        assert {row["image"] for row in rows(report)} == {p.image for p in skimage}


def test_fetch_photographs_already_there_do_without_their_package(
    tmp_path: Path, skimage: Sequence[Photograph]
) -> None:
    fetch_photographs(tmp_path, skimage)
    gone = replace(SKIMAGE, place="no_such_module")
    report = fetch_photographs(tmp_path, [replace(p, package=gone) for p in skimage])
    assert report.packages[0].photographs == len(skimage)


def test_fetch_changed_picture_is_refused_and_the_others_stay(
    tmp_path: Path, skimage: Sequence[Photograph]
) -> None:
    first, *others = skimage
    changed = replace(first, path=others[0].path)
    report = fetch_photographs(tmp_path, [changed, *others])
    (problem,) = report.packages[0].refused
    assert first.ref in str(problem)
    assert report.packages[0].missing == 0
    assert not (tmp_path / first.image).exists()
    assert {row["image"] for row in rows(report)} == {p.image for p in others}


def test_fetch_changed_package_never_overwrites_a_right_file(
    tmp_path: Path, skimage: Sequence[Photograph]
) -> None:
    fetch_photographs(tmp_path, skimage)
    before = stamps(tmp_path)
    changed = replace(skimage[0], path=skimage[1].path)
    report = fetch_photographs(tmp_path, [changed, *skimage[1:]])
    assert report.packages[0].photographs == len(skimage)
    assert stamps(tmp_path)[changed.image] == before[changed.image]


def test_fetch_nothing_to_be_had_is_an_error(tmp_path: Path) -> None:
    gone = replace(OPENCV, place=str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="apt-get install opencv-doc"):
        fetch_photographs(tmp_path / "photos", [replace(p, package=gone) for p in of(OPENCV)])


def test_fetch_folder_that_cannot_be_written_is_an_error(
    tmp_path: Path, skimage: Sequence[Photograph]
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="file"):
        fetch_photographs(tmp_path / "file" / "photos", skimage)


@needs_opencv_doc
def test_fetch_street_frames_are_those_that_the_questions_are_about(tmp_path: Path) -> None:
    frames = [p for p in PHOTOGRAPHS if p.frame is not None]
    report = fetch_photographs(tmp_path, frames)
    assert (report.packages[0].photographs, report.packages[0].problems) == (len(frames), ())


@needs_opencv_doc
def test_fetch_frame_after_the_end_of_the_video_is_refused(tmp_path: Path) -> None:
    first, *others = [p for p in PHOTOGRAPHS if p.frame is not None]
    report = fetch_photographs(tmp_path, [replace(first, frame=100_000), others[0]])
    assert len(report.packages[0].refused) == 1


@needs_opencv_doc
def test_fetch_whole_set_ingests_without_a_refused_row(
    tmp_path: Path, skimage: Sequence[Photograph], store: ArtifactStore
) -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install scikit-learn")
    report = fetch_photographs(tmp_path / "photos")
    assert sum(package.photographs for package in report.packages) == len(PHOTOGRAPHS)
    spec = register_jsonl(store, report.file, "photos", shards=2)
    images, questions = 0, 0
    for shard in shard_names(spec):
        for result in (taken := [ingest_images(store, shard), ingest_questions(store, shard)]):
            assert result.manifest.stats["refused"] == 0
        images += taken[0].manifest.rows
        questions += taken[1].manifest.rows
    assert (images, questions) == (len(PHOTOGRAPHS), len(photo_questions()))
