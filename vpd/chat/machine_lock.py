"""A lock that one process of a machine holds: the kernel lets go of it when the process ends, however.

A process may take it several times; it lets go when all are given back. Not here: other machines that share
the file's folder over a network.
"""

import fcntl
import logging
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock
from typing import ClassVar

_POLL_SECONDS = 0.2
_LOG = logging.getLogger(__name__)


@dataclass
class _Held:
    descriptor: int
    times: int


class MachineLock:
    """The lock that belongs to a file, in `NAME.lock` beside it, or in the temporary folder if need be."""

    _held: ClassVar[dict[Path, _Held]] = {}
    _lock: ClassVar[Lock] = Lock()

    def __init__(self, file: Path) -> None:
        self._file = file.resolve()

    def take(self, end: Event) -> bool:
        """Wait for the lock, saying so once; return False if `end` was set before it came."""
        waiting = False
        while not self._try():
            if not waiting:
                _LOG.warning("waiting for another process to be done with %s", self._file.name)
                waiting = True
            if end.wait(_POLL_SECONDS):
                return False
        return True

    def give_back(self) -> None:
        """Let go of the lock, once for each time it was taken."""
        with self._lock:
            held = self._held[self._file]
            held.times -= 1
            if not held.times:
                os.close(self._held.pop(self._file).descriptor)

    def _try(self) -> bool:
        with self._lock:
            held = self._held.get(self._file)
            if held is None:
                descriptor = _open(self._file)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    os.close(descriptor)
                    return False
                held = self._held[self._file] = _Held(descriptor, 0)
            held.times += 1
            return True


def _open(file: Path) -> int:
    flags, name = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, f"{file.name}.lock"
    try:
        return os.open(file.with_name(name), flags, 0o666)
    except OSError:  # a folder of another user
        return os.open(Path(tempfile.gettempdir()) / f"vpd-{os.getuid()}-{name}", flags, 0o600)
