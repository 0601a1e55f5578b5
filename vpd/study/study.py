"""A study from its file to its report: data of every variant, runs side by side, figures.

    HOME/studies/data/    forks of the store with the examples of variants (`vpd.study.data`)
    HOME/studies/runs/    runs by fingerprint (`vpd.study.job`), shared by all studies
    HOME/results/         NAME.json, NAME.html and NAME.md of each study

Stopped at any moment, it goes on where it was. One study at a time works in a HOME.
"""

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from vpd.datasets.sources import find_spec, shard_names
from vpd.errors import ConfigError, TrainingError
from vpd.inspect.html import write_page
from vpd.store import ArtifactStore
from vpd.study.asked import questions_of
from vpd.study.data import open_folder, prepare
from vpd.study.data_settings import DataSettings
from vpd.study.file import StudyFile, load_study
from vpd.study.measure import measure
from vpd.study.queue import Queue
from vpd.study.report import markdown, render
from vpd.study.results import StudyResult
from vpd.study.runs import Runs


@dataclass(frozen=True)
class Workplace:
    """Where studies work: the store they train from, the folder of everything, and the screen."""

    store_uri: str
    home: Path
    console: Console


def run_study(file: Path, place: Workplace, at_once: int) -> StudyResult:
    """Do what of a study is not done, `at_once` runs side by side, and write its report; return that.

    Raises ConfigError for a wrong file or a store that is no folder, MissingShardError if a source is not
    complete up to its examples, TrainingError if runs failed: the report then tells of the others.
    """
    study = load_study(file)
    with _alone(place.home):
        runs, reference = _prepared(study, place)
        queue = Queue(runs, at_once, place.console)
        queue.work()
        result = measure(file.stem, runs, reference)
        _write(result, place)
    if queue.failed:
        logs = ", ".join(f"{run.name} ({run.folder / 'log.txt'})" for run in queue.failed)
        raise TrainingError(
            f"{len(queue.failed)} runs failed: {logs}. Start the study again to go on with them"
        )
    return result


def _prepared(study: StudyFile, place: Workplace) -> tuple[Runs, ArtifactStore]:
    source = open_folder(place.store_uri)
    shards = tuple(s for name in study.sources for s in shard_names(find_spec(source, name)))
    folder = place.home / "studies" / "data"
    made = {
        settings: _prepare(source, shards, settings, folder, place.console)
        for settings in dict.fromkeys([DataSettings(), *(v.made_from for v in study.variants.values())])
    }
    stores = {name: made[variant.made_from] for name, variant in study.variants.items()}
    reference = made[DataSettings()]
    questions = questions_of(reference, shards, study.test_pictures)
    return Runs(study, stores, shards, questions, place.home / "studies" / "runs"), reference


def _prepare(
    source: ArtifactStore, shards: Sequence[str], settings: DataSettings, folder: Path, console: Console
) -> ArtifactStore:
    words = ", ".join(f"{k} {v}" for k, v in settings.model_dump(exclude_defaults=True).items())
    with console.status("") as status:
        return prepare(
            source, shards, settings, folder,
            lambda what: status.update(f"examples with {words or 'the default settings'}: {what}"),
        )  # fmt: skip


def _write(result: StudyResult, place: Workplace) -> None:
    folder = place.home / "results"
    write_page(result.model_dump_json(indent=1), folder / f"{result.name}.json")
    write_page(render(result), folder / f"{result.name}.html")
    write_page(markdown(result), folder / f"{result.name}.md")


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    folder = home / "studies"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigError(f"another study works in {folder}: wait for it or stop it") from error
        yield
