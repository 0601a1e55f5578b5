"""The folder of one training run: what it is for, its checkpoints, its model, and last its report.

    run.json        method and data digests; written when the run starts
    base/           the model it started from, if that was another run's (`base` is run:RUN_ID)
    checkpoints/    the last and the best checkpoint while it trains
    model/          safetensors, configuration and processor, as `from_pretrained` reads them
    training.json   configuration, data digests, losses and times; a run that has one is finished

A folder belongs to one configuration and one state of the data. Not here: the artifact store
(`vpd.distill.checkpoint`).
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vpd.distill.config import TrainConfig, fingerprint
from vpd.distill.data import Survey
from vpd.errors import ConfigError, StoreError


@dataclass(frozen=True)
class RunFolder:
    """A run's folder, for one configuration on one state of the data."""

    config: TrainConfig
    survey: Survey

    @property
    def path(self) -> Path:
        """The folder."""
        return self.config.output

    @property
    def checkpoints(self) -> Path:
        """Folder of checkpoints."""
        return self.path / "checkpoints"

    @property
    def model(self) -> Path:
        """Folder of the exported model."""
        return self.path / "model"

    @property
    def fingerprint(self) -> str:
        """Hash of what is trained on what."""
        return fingerprint(self.config, self.survey.made_from)

    def finished(self) -> dict[str, Any] | None:
        """Return the report of this very run if it is finished."""
        report = read_json(self.path / "training.json")
        return report if report is not None and report["fingerprint"] == self.fingerprint else None

    @contextmanager
    def claim(self) -> Iterator[None]:
        """Make the folder this run's, and no other process's until the block ends.

        Raises ConfigError if it belongs to another configuration or other data, or if a process is training
        in it; StoreError if it cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = (self.path / ".lock").open("w")
        except OSError as error:
            raise StoreError(
                f"cannot write {self.path}: {error}; free space or choose another output"
            ) from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ConfigError(
                    f"another process is training in {self.path}: wait for it or stop it"
                ) from error
            self._check_owner()
            write_json(self.path / "run.json", self._owner())
            yield

    def finish(self, report: dict[str, Any]) -> None:
        """Write the report, which makes the run finished, and drop its checkpoints."""
        write_json(self.path / "training.json", report)
        shutil.rmtree(self.checkpoints, ignore_errors=True)

    def _owner(self) -> dict[str, Any]:
        return {"method": self.config.method(), "digests": self.survey.made_from}

    def _check_owner(self) -> None:
        owner = read_json(self.path / "run.json")
        if owner is None:
            return
        old, new = owner["method"], self.config.method()
        changed = [
            f"{k}: {old.get(k)} -> {new.get(k)}" for k in sorted({*old, *new}) if old.get(k) != new.get(k)
        ]
        changed += ["data of " + s for s, d in self.survey.made_from.items() if owner["digests"].get(s) != d]
        if changed:
            raise ConfigError(
                f"output {self.path} holds the run of another configuration ({'; '.join(changed[:5])}): "
                "choose another output or delete it"
            )


def read_json(path: Path) -> dict[str, Any] | None:
    """Return a JSON file's object, or None if there is no file."""
    return dict(json.loads(path.read_text())) if path.exists() else None


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a JSON file whole: aside, flushed, renamed."""
    aside = path.with_name(f".{path.name}.partial")
    with aside.open("w") as file:
        json.dump(value, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def make_durable(folder: Path) -> None:
    """Flush every file of a folder to disk."""
    for path in (*folder.rglob("*"), folder):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
