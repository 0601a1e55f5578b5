"""Brings the photographs of the set `photos` out of their packages, and writes their questions.

The folder is then an ordinary input of `vpd ingest`. Nothing is downloaded and no package is imported: its
files are read where they lie. A photograph whose pixels are not those of the catalogue is refused.
"""

import hashlib
import io
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vpd.datasets.photos.catalog import PHOTOGRAPHS, Package, Photograph
from vpd.datasets.photos.questions import photo_questions
from vpd.datasets.pictures import prepare_picture
from vpd.errors import BadRowError, ConfigError, DataError

QUESTIONS_FILE = "photos.jsonl"
LICENCES_FILE = "LICENCES.md"
MISSING = "missing_file"

Pixels = NDArray[np.uint8]  # (h, w, 3), RGB


@dataclass(frozen=True)
class PackageReport:
    """What one package gave: photographs and questions in the folder, and why each other one is not there."""

    package: Package
    photographs: int
    questions: int
    problems: tuple[BadRowError, ...]

    @property
    def missing(self) -> int:
        """How many photographs have no file here, so that installing the package helps."""
        return sum(problem.reason == MISSING for problem in self.problems)

    @property
    def refused(self) -> tuple[BadRowError, ...]:
        """Why each other photograph is not in the folder."""
        return tuple(problem for problem in self.problems if problem.reason != MISSING)


@dataclass(frozen=True)
class FetchReport:
    """The questions file, what each package gave, and how many files were written (not already right)."""

    file: Path
    packages: tuple[PackageReport, ...]
    written: int


def fetch_photographs(folder: Path, photographs: Sequence[Photograph] = PHOTOGRAPHS) -> FetchReport:
    """Write each photograph as a PNG, their questions as photos.jsonl and the licences as LICENCES.md.

    A file that is already right stays as it is, and then its package is not needed. Raises DataError if not
    one photograph can be had, and ConfigError if the folder cannot be written.
    """
    written, problems = 0, dict[str, BadRowError]()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for photograph in photographs:
            try:
                written += _copy(photograph, folder / photograph.image)
            except BadRowError as problem:
                problems[photograph.ref] = problem
        had = [photograph for photograph in photographs if photograph.ref not in problems]
        if not had:
            raise DataError(f"no photograph could be had: {next(iter(problems.values()))}")
        written += _write(folder / QUESTIONS_FILE, _rows(had).encode())
        written += _write(folder / LICENCES_FILE, _licences(had).encode())
    except OSError as error:
        raise ConfigError(f"cannot fill {folder}: {error}; name a folder that can be written") from error
    reports = tuple(_report(package, photographs, problems) for package in _packages(photographs))
    return FetchReport(folder / QUESTIONS_FILE, reports, written)


def locate(package: Package) -> Path | None:
    """Return the folder that a package's paths start from, or None if it is not installed."""
    if package.place.startswith("/"):
        return Path(package.place) if Path(package.place).is_dir() else None
    spec = find_spec(package.place)
    return Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else None


def pixels_sha256(pixels: Pixels) -> str:
    """Return the sha256 of pixels as the catalogue gives it."""
    return hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest()


def _copy(photograph: Photograph, target: Path) -> bool:
    """Write the PNG, unless it is there; returns whether it was written."""
    if _is_right(target, photograph.sha256):
        return False
    pixels = _read(photograph)
    found = pixels_sha256(pixels)
    if found != photograph.sha256:
        package = photograph.package
        problem = (
            f"{photograph.ref}: {photograph.path} of {package.name} is not the picture that the questions are"
            f" about (pixels {found[:12]}, not {photograph.sha256[:12]}): the package or a decoder changed; "
            f"install {package.name} {package.version}"
        )
        raise BadRowError(problem, reason="changed_picture", row=photograph.ref)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return _write(target, buffer.getvalue())


def _is_right(target: Path, sha256: str) -> bool:
    if not target.is_file():
        return False
    try:
        return pixels_sha256(_decode(target.read_bytes())) == sha256
    except BadRowError:
        return False


def _read(photograph: Photograph) -> Pixels:
    root = locate(photograph.package)
    file = root / photograph.path if root else None
    if not file or not file.is_file():
        package = photograph.package
        problem = f"{photograph.ref}: {package.name} has no {photograph.path} here: {package.install}"
        raise BadRowError(problem, reason=MISSING, row=photograph.ref)
    return _decode(file.read_bytes()) if photograph.frame is None else _frame(file, photograph.frame)


def _decode(data: bytes) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(prepare_picture(data).data)).convert("RGB"))


def _frame(file: Path, number: int) -> Pixels:
    """Decode up to a frame: seeking in a video is not exact with every codec."""
    import cv2

    video = cv2.VideoCapture(str(file))
    try:
        if not all(video.grab() for _ in range(number + 1)):
            raise BadRowError(f"{file} has no frame {number}: it has changed", reason="changed_picture")
        return np.ascontiguousarray(video.retrieve()[1][:, :, ::-1], np.uint8)
    finally:
        video.release()


def _rows(photographs: Sequence[Photograph]) -> str:
    by_ref = {photograph.ref: photograph for photograph in photographs}
    lines = []
    for question in photo_questions():
        if photograph := by_ref.get(question.photograph):
            row = {
                "id": question.id,
                "image": photograph.image,
                "question": question.question,
                "answers": question.answers,
                "split": photograph.split,
                "family": question.family,
            }
            lines.append(json.dumps(row, ensure_ascii=False) + "\n")
    return "".join(lines)


def _licences(photographs: Sequence[Photograph]) -> str:
    parts = [
        "# Licences of the photographs\n\nAs the packages state them. vpd holds none of these pictures.\n"
    ]
    for package, group in groupby(photographs, key=lambda photograph: photograph.package):
        parts.append(f"\n## {package.name}\n\nStated in {package.stated_in}.\n")
        parts.append("\n| picture | file in the package | licence |\n| --- | --- | --- |\n")
        for photograph in group:
            where = (
                photograph.path
                if photograph.frame is None
                else f"{photograph.path}, frame {photograph.frame}"
            )
            parts.append(f"| {photograph.image} | {where} | {photograph.licence} |\n")
    return "".join(parts)


def _packages(photographs: Sequence[Photograph]) -> list[Package]:
    return list(dict.fromkeys(photograph.package for photograph in photographs))


def _report(
    package: Package, photographs: Sequence[Photograph], problems: dict[str, BadRowError]
) -> PackageReport:
    own = [photograph.ref for photograph in photographs if photograph.package == package]
    had = {ref for ref in own if ref not in problems}
    questions = sum(question.photograph in had for question in photo_questions())
    return PackageReport(package, len(had), questions, tuple(problems[ref] for ref in own if ref in problems))


def _write(target: Path, data: bytes) -> bool:
    """Write a file whole, unless it already holds this; returns whether it was written."""
    if target.is_file() and target.read_bytes() == data:
        return False
    aside = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
    try:
        aside.write_bytes(data)
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)
    return True
