"""The demo's screen: one line per stage when it is done, and while it runs what it is doing now.

A terminal shows the present step in place; a file or a pipe gets a plain line every few seconds instead. What
anything else prints goes to a log file.
"""

import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import dagster as dg
from rich.console import Console
from rich.markup import escape

PLAIN_EVERY = 5.0
"""Seconds between plain progress lines where the screen is no terminal."""
PLAIN_WIDTH = 120
"""Characters of a line there."""


class Screen:
    """Where the demo writes to."""

    def __init__(self, file: TextIO) -> None:
        self.console = Console(file=file, highlight=False)
        if not self.console.is_terminal:
            self.console.width = PLAIN_WIDTH
        self._status = self.console.status("")
        self._stage = ""
        self._last_plain = 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Show that a stage is running until the block ends."""
        self._stage, self._last_plain = name, time.monotonic()
        self.progress("starts")
        with self._status if self.console.is_terminal else _nothing():
            yield

    def progress(self, text: str) -> None:
        """Show what the running stage is doing."""
        line = escape(f"{self._stage}: {text}")
        if self.console.is_terminal:
            self._status.update(line)
        elif time.monotonic() - self._last_plain >= PLAIN_EVERY:
            self._last_plain = time.monotonic()
            self.console.print(f"    {line}", soft_wrap=True)

    def error(self, text: str) -> None:
        """Write why the demo ends here."""
        self.console.print(f"[red]error:[/red] {escape(text)}", soft_wrap=True)

    def done(self, name: str, text: str, seconds: float | None) -> None:
        """Write the line of a finished stage; `seconds` None: there was nothing to do."""
        took = "already done" if seconds is None else f"{seconds:.1f} s"
        line = f"[green]✓[/green] [bold]{name:<18}[/bold] {escape(text)} [dim]({took})[/dim]"
        self.console.print(line, soft_wrap=True)


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def screen_logger(screen: Screen) -> dg.LoggerDefinition:
    """Return a Dagster logger that shows what assets and training report as progress, and nothing else."""

    class ToScreen(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.levelno < logging.ERROR:
                meta = getattr(record, "dagster_meta", {})
                screen.progress(meta.get("orig_message") or record.getMessage())

    def to_screen(_: dg.InitLoggerContext) -> logging.Logger:
        logger = logging.Logger("screen", logging.INFO)
        logger.addHandler(ToScreen())
        return logger

    return dg.LoggerDefinition(to_screen, description="Progress on the demo's screen")


@contextmanager
def only_screen(log: Path) -> Iterator[TextIO]:
    """Give the block the terminal, and send what else is written to stdout and stderr to a log file."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    with log.open("ab") as file, os.fdopen(os.dup(1), "w") as terminal:
        try:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
            yield terminal
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for number, original in enumerate(kept, start=1):
                os.dup2(original, number)
                os.close(original)
