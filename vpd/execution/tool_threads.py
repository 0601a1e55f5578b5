"""Threads that run vision tools, apart from the threads that run programs.

A tool that hangs cannot be stopped from outside in Python: its thread is left behind and a new one takes its
place. They are daemon threads, so that one left behind does not keep the process alive.
"""

import threading
from collections.abc import Callable
from queue import SimpleQueue


class ToolThreads:
    """A few threads. `free` is how many wait for work; whoever submits counts under a lock of its own."""

    def __init__(self, threads: int) -> None:
        self.free = 0
        self._work: SimpleQueue[Callable[[], bool] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        for _ in range(threads):
            self.replace_one()

    def replace_one(self) -> None:
        """Start a thread."""
        thread = threading.Thread(target=self._serve, name="vpd-tools", daemon=True)
        self._threads.append(thread)
        self.free += 1
        thread.start()

    def submit(self, work: Callable[[], bool]) -> None:
        """Give work to a free thread. When it returns False, the thread ends."""
        self.free -= 1
        self._work.put(work)

    def close(self) -> None:
        """End the threads that wait for work, once they do."""
        for _ in self._threads:
            self._work.put(None)

    def _serve(self) -> None:
        while True:
            work = self._work.get()
            if work is None or not work():
                return
