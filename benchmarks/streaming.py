"""How much memory a stream of program results takes: the same after a million as after ten thousand.

`vpd bench streaming --json` prints it, after half an hour or so. One engine runs a million small programs
with one tool call each, on pictures that come round again so late that the cache has dropped them: it is full
and evicting before the first figure is taken. Memory is the resident size of this process and of all sandbox
workers (pages that they share count for each), sampled twice a second; a figure is the peak up to then.
"""

import os
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import psutil

from vpd.execution.engine import EngineSettings, open_engine
from vpd.execution.run import Job
from vpd.geometry import Box
from vpd.tools.protocol import Detection, Picture, ToolCard, ToolRequest, ToolResult, ToolSet

SIZES = (10_000, 100_000, 1_000_000)
CACHE_ENTRIES = 4_000
PICTURES = 3 * CACHE_ENTRIES  # none is still in the cache when it comes round
TEXTS = 100  # different programs
SECONDS_BETWEEN_SAMPLES = 0.5


class FindsOne:
    """A tool that finds one object in the middle of any picture."""

    card = ToolCard("detect", "finds-one")

    def run(self, batch: Sequence[ToolRequest]) -> list[ToolResult]:
        """Answer at once."""
        return [ToolResult((Detection(Box(2.0, 2.0, 6.0, 6.0), 0.9),)) for _ in batch]


def run(sizes: Sequence[int] = SIZES, in_flight: int = 64) -> dict[str, Any]:
    """Return the peaks in bytes after each number of programs, and their ratios to the first."""
    toolset = ToolSet("finds-one", {"find": FindsOne()}, full_batch=1)
    settings = EngineSettings(in_flight=in_flight, cache_entries=CACHE_ENTRIES)
    with open_engine(toolset, settings) as engine:
        memory = PeakMemory()
        peaks, started = {}, time.perf_counter()
        for number, _ in enumerate(engine.run(_jobs(max(sizes))), start=1):
            if number in sizes:
                peaks[number] = memory.peak()
        seconds = time.perf_counter() - started
        memory.stop()
        done = engine.counters
    first = peaks[min(sizes)]
    return {
        "programs_per_second": max(sizes) / seconds,
        "tool_calls": done.calls,
        "cache_hit_share": done.cached / done.calls,
        "cache_entries": CACHE_ENTRIES,
        "peak_bytes": {str(size): peak for size, peak in peaks.items()},
        "ratio_to_first": {str(size): peak["total"] / first["total"] for size, peak in peaks.items()},
    }


def _jobs(count: int) -> Iterator[Job]:
    pixels = np.zeros((8, 8, 3), np.uint8)
    for number in range(count):
        text = (
            "def execute_command(image):\n"
            f"    found = ImagePatch(image).find('thing {number % TEXTS}')\n"
            "    return str(len(found))"
        )
        yield Job(text, Picture(f"{number % PICTURES:064x}", pixels))


class PeakMemory:
    """Watches the resident memory of this process and of those below it, in a thread."""

    def __init__(self) -> None:
        self._peak = _resident()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peak-memory", daemon=True)
        self._thread.start()

    def peak(self) -> dict[str, int]:
        """Return the greatest total so far, and how it was made up."""
        self._note()
        return self._peak

    def stop(self) -> None:
        """Stop watching."""
        self._stopped.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopped.wait(SECONDS_BETWEEN_SAMPLES):
            self._note()

    def _note(self) -> None:
        self._peak = max(self._peak, _resident(), key=lambda found: found["total"])


def _resident() -> dict[str, int]:
    """Return resident bytes of this process, of those below it, and of all."""
    host, workers = psutil.Process(os.getpid()).memory_info().rss, 0
    for child in psutil.Process().children(recursive=True):
        try:
            workers += child.memory_info().rss
        except psutil.NoSuchProcess:  # it has just ended
            continue
    return {"host": host, "workers": workers, "total": host + workers}
