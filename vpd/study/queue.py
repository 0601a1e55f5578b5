"""Runs of a study side by side, each a process on one core, with what they do on screen.

A run that fails does not stop the others. When this process ends in whatever way, the runs end with it, and
go on from their checkpoints next time.
"""

import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from vpd.study.runs import Run, Runs

_LOOK = 0.5  # seconds between looks at the processes


@dataclass
class Queue:
    """The runs of a study that are not done yet, at most `at_once` of them under way."""

    runs: Runs
    at_once: int
    console: Console
    failed: list[Run] = field(default_factory=list)
    _going: dict[Path, tuple[Run, "subprocess.Popen[bytes]", float]] = field(default_factory=dict)
    _took: list[float] = field(default_factory=list)

    def work(self) -> None:
        """Do everything that is not done; `failed` then holds the runs that ended with an error."""
        waiting = list(self.runs.wanted)
        try:
            with Live(console=self.console, refresh_per_second=2, transient=True) as live:
                while waiting or self._going:
                    self._collect()
                    waiting = self._start(waiting)
                    if not self._going:
                        return  # what still waits needs a run that failed
                    live.update(self._shown(len(waiting)))
                    time.sleep(_LOOK)
        finally:
            for _, process, _ in self._going.values():
                process.terminate()
                process.wait()

    def _start(self, waiting: list[tuple[str, int]]) -> list[tuple[str, int]]:
        """Start what can be started, and return what has to wait."""
        left = []
        failed = {run.folder for run in self.failed}
        for variant, seed in waiting:
            run = self.runs.find(variant, seed) if len(self._going) < self.at_once else None
            if run is None or run.folder in self._going:
                left.append((variant, seed))
            elif run.folder not in failed and not self.runs.done(run):
                self._going[run.folder] = (run, _launch(run), time.monotonic())
                self.console.print(f"{run.name}: {run.folder.name}, {run.job.config.steps} steps")
        return left

    def _collect(self) -> None:
        for folder, (run, process, started) in list(self._going.items()):
            if process.poll() is None:
                continue
            del self._going[folder]
            self._took.append(time.monotonic() - started)
            if process.returncode:
                self.failed.append(run)
                self.console.print(
                    f"[red]{run.name}: failed[/]: {escape(_last_line(folder))}", highlight=False
                )
            else:
                self.console.print(f"{run.name}: done in {self._took[-1]:.0f} s")

    def _shown(self, waiting: int) -> Table:
        left = ""
        if self._took:
            each = sum(self._took) / len(self._took)
            so_far = sum(time.monotonic() - started for _, _, started in self._going.values())
            seconds = max(0.0, each * (waiting + len(self._going)) - so_far) / self.at_once
            left = f", about {seconds / 60:.0f} min left"
        table = Table("run", f"{len(self._going)} under way, {waiting} waiting{left}", box=None)
        for folder, (run, _, _) in self._going.items():
            table.add_row(run.name, escape(_last_line(folder)))
        return table


def _launch(run: Run) -> "subprocess.Popen[bytes]":
    run.folder.mkdir(parents=True, exist_ok=True)
    path = run.folder / "job.json"
    path.write_text(run.job.model_dump_json(indent=1))
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    environment.pop("RANK", None)  # each run is a world of its own, whatever this process belongs to
    with (run.folder / "log.txt").open("ab") as log:
        command = [sys.executable, "-m", "vpd.study.job", str(path), str(os.getpid())]
        return subprocess.Popen(command, stdout=log, stderr=log, env=environment)


def _last_line(folder: Path) -> str:
    with suppress(OSError), (folder / "log.txt").open("rb") as log:
        log.seek(max(0, log.seek(0, os.SEEK_END) - 2000))
        lines = log.read().decode(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "starts")
    return "starts"
