"""One program in one worker, turn by turn: what it waits for, what it returned, why it stopped.

Every value that comes out is untrusted. Not here: starting workers (`vpd.execution.sandbox`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import pydantic_monty as monty

from vpd.errors import SandboxError
from vpd.execution.jail import end_worker
from vpd.execution.limits import Limit

_HOST = "_vpd_host"
_LONGEST_MESSAGE = 500
_CANNOT_SUSPEND = "cannot suspend in this synchronous context"
_UNSUPPORTED = ("The monty syntax parser", "Internal error in monty", "not yet supported", _CANNOT_SUSPEND)


@dataclass(frozen=True, slots=True)
class HostCall:
    """The program waits for the host; `args` is untrusted."""

    args: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Finished:
    """The program returned; `value` is untrusted."""

    value: Any


@dataclass(frozen=True, slots=True)
class Stopped:
    """The program ended otherwise. `line` counts in the code that was fed; `events` are untrusted."""

    outcome: Literal["unsupported", "runtime", "budget", "crash"]
    message: str
    line: int | None = None
    events: Any = ()
    limit: Limit | None = None


Turn = HostCall | Finished | Stopped


def load_prelude(session: monty.MontySession, text: str) -> bytes:
    """Run the prelude in a fresh session, make the host function known, and return the session's state."""
    session.feed_run(text)
    snapshot = session.feed_start(f"{_HOST} = {_HOST}_of_this_session")
    while isinstance(snapshot, monty.NameLookupSnapshot):
        snapshot = snapshot.resume(value=_vpd_host)
    return session.dump()


def _vpd_host(*_call: object) -> None:
    """Stand for the host in the sandbox; a call suspends the program and never arrives here."""


class SandboxSession:
    """One program in one worker. Not safe for use by two threads at once."""

    def __init__(self, session: monty.MontySession, prelude: bytes) -> None:
        """Take a worker and restore the prelude in it. Raises MontyCrashedError if the worker is dead."""
        self._session = session
        self._snapshot: Any = None
        session.__enter__()
        try:
            session.load_session(prelude)
        except monty.MontyError:
            self.close()
            raise

    @property
    def worker_pid(self) -> int | None:
        """Process id of the worker, while it waits."""
        return self._session.worker_pid

    def begin(self, code: str) -> Turn:
        """Run until the program first waits or ends."""
        return self._turn(lambda: self._session.feed_start(code, print_callback=_ignore))

    def resume(self, value: object) -> Turn:
        """Answer the host call the program waits for, and run on."""
        return self._turn(lambda: self._snapshot.resume({"return_value": value}))

    def throw(self, kind: monty.ExcType, message: str) -> Turn:
        """Raise an exception where the program waits, and run on."""
        return self._turn(lambda: self._snapshot.resume({"exc_type": kind, "message": message}))

    def close(self, *, discard: bool = False) -> None:
        """Give the worker back; a program that waits is dropped. With `discard`, end the worker too."""
        pid = self.worker_pid
        if discard and pid is not None:
            end_worker(pid)
        self._session.__exit__(None, None, None)

    def _turn(self, step: Callable[[], Any]) -> Turn:
        try:
            snapshot = step()
            while not isinstance(snapshot, monty.MontyComplete):
                if isinstance(snapshot, monty.FunctionSnapshot) and snapshot.function_name == _HOST:
                    self._snapshot = snapshot
                    return HostCall(snapshot.args)
                snapshot = _refused(snapshot)
            return Finished(snapshot.output)
        except monty.MontyCrashedError as error:
            if error.timed_out:
                return Stopped("budget", "did not stop at its time limit", limit="seconds")
            return Stopped("crash", "the sandbox worker died")
        except monty.MontyError as error:
            return self._stopped(error)

    def _stopped(self, error: monty.MontyError) -> Stopped:
        text = str(error)
        for sign, limit, message in _OVER_LIMIT:
            if sign in text:
                return Stopped("budget", message, limit=limit)
        frames = error.traceback() if isinstance(error, _WITH_TRACEBACK) else []
        lines = [frame.line for frame in frames if frame.filename == frames[0].filename]
        line = lines[-1] if lines else None
        if any(sign in text for sign in _UNSUPPORTED):
            what = "a tool call inside this function's callback" if _CANNOT_SUSPEND in text else text
            return Stopped("unsupported", what[:_LONGEST_MESSAGE], line, self._events())
        return Stopped("runtime", text[:_LONGEST_MESSAGE], line, self._events())

    def _events(self) -> Any:
        """Return the events recorded since the last host call; the session outlives the program's error."""
        try:
            return self._session.feed_run("_vpd_events")
        except (monty.MontyError, RuntimeError):  # RuntimeError: the error took the session with it
            return ()


_WITH_TRACEBACK = (monty.MontyRuntimeError, monty.MontySyntaxError)
_OVER_LIMIT: tuple[tuple[str, Limit, str], ...] = (
    ("time limit exceeded", "seconds", "ran longer than its time limit"),
    ("memory limit exceeded", "memory", "used more memory than its limit"),
    ("exceeded its memory limit", "memory", "used more memory than its limit"),
    ("maximum recursion depth exceeded", "recursion", "nested calls deeper than its limit"),
    ("suspension limit", "host_calls", "called the host more often than its limit"),
)


def _refused(snapshot: Any) -> Any:
    """Answer a suspension that is no host call as Python answers an undefined name."""
    if isinstance(snapshot, monty.NameLookupSnapshot):
        return snapshot.resume()
    if isinstance(snapshot, monty.FunctionSnapshot) and snapshot.is_os_function:
        return snapshot.resume_not_handled()
    if isinstance(snapshot, monty.FunctionSnapshot):
        message = f"name '{snapshot.function_name}' is not defined"
        return snapshot.resume({"exc_type": "NameError", "message": message})
    raise SandboxError(f"the sandbox waits for something unknown: {snapshot!r}")


def _ignore(_stream: str, _text: str) -> None:
    """Drop printed text; the prelude has counted it."""
