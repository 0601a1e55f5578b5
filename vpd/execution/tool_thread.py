"""The thread that runs vision tools, apart from the threads that run programs.

A tool that hangs cannot be stopped from outside in Python: its thread is left behind and a new one takes its
place. They are daemon threads, so that one left behind does not keep the process alive.
"""

import threading
from collections.abc import Callable
from queue import SimpleQueue


class ToolThread:
    """One thread at a time. `free` says whether it waits for work; whoever submits sets it under a lock."""

    def __init__(self) -> None:
        self._work: SimpleQueue[Callable[[], bool] | None] = SimpleQueue()
        self.replace()

    def replace(self) -> None:
        """Start a thread, in place of one that is left behind."""
        self.free = True
        threading.Thread(target=self._serve, name="vpd-tools", daemon=True).start()

    def submit(self, work: Callable[[], bool]) -> None:
        """Give work to the free thread. When it returns False, the thread ends."""
        self.free = False
        self._work.put(work)

    def close(self) -> None:
        """End the thread, once it waits for work."""
        self._work.put(None)

    def _serve(self) -> None:
        while True:
            work = self._work.get()
            if work is None or not work():
                return
