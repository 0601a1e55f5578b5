"""The sandbox: Monty interpreters in worker processes, one fresh session for every program.

Threat: the program is hostile. It was written by a language model that anyone may have prompted.

Covered at every level. Programs run in a Python subset interpreted by Monty, in a process of their own with
an empty environment: no files, network, environment, clock, imports beyond a short list, nor objects of this
process. All that leaves is suspensions of one host function with plain values, which `vpd.execution.run`
checks as untrusted input. Time, memory, recursion and suspensions are limited. A worker that dies or hangs is
replaced and costs its own program only; one whose program reached a limit is ended. No session serves two
programs.

Covered against a hole in Monty, by what the host allows (`vpd.execution.jail` finds out; it is reported):
  vm                nothing: code that breaks out of Monty acts as this user.
  vm+jail           it finds itself alone: no files but its own libraries, no network, processes, capabilities
                    or devices, half a gigabyte of memory by default; and it dies with this process.
  vm+jail+seccomp   and the kernel refuses it all but about forty system calls.

Not covered. A hole in the kernel, or in Monty's client in this process, which reads what a worker writes. A
worker taken over can lie about the programs it runs later. Programs share the machine's cores and caches: one
can slow others within its limits, and timing may tell it what runs beside it.
"""

import logging
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import pydantic_monty as monty

from vpd.errors import SandboxError
from vpd.execution.jail import Isolation, Launcher, keep_files, worker_binary, worker_launcher
from vpd.execution.limits import Limits
from vpd.execution.prelude_text import prelude_text
from vpd.execution.session import SandboxSession, Turn, load_prelude
from vpd.tools.methods import IMAGE_PATCH, Method

_log = logging.getLogger(__name__)
_OS_POLICY: monty.OSPolicy = {"random_start": {"seed": 0}, "sleep": "zero", "timezone": "utc"}


class Sandbox:
    """A pool of workers, each holding one program at a time; a context manager.

    Call `start` from threads that outlive the programs: the kernel ends a jailed worker with the thread that
    started it.
    """

    def __init__(
        self,
        limits: Limits,
        processes: int,
        require_isolation: Isolation | None = None,
        binary_path: Path | None = None,
        methods: Mapping[str, Method] = IMAGE_PATCH,
    ) -> None:
        self.limits = limits
        self._methods = tuple(methods.values())
        self._required = require_isolation
        self._binary_path = binary_path
        self._monty_limits: monty.ResourceLimits = {
            "max_feed_duration_secs": limits.seconds,
            "max_memory": limits.memory_bytes,
            "max_recursion_depth": limits.recursion,
            "max_suspensions": limits.host_calls + 10,
        }
        self._pool_settings: dict[str, Any] = {
            "min_processes": processes,
            "max_processes": processes,
            "max_checkouts_per_worker": 2000,
        }

    @property
    def isolation(self) -> Isolation:
        """What stands between a program and this machine."""
        return self._launcher.isolation

    @property
    def isolation_reason(self) -> str:
        """Why the isolation is not higher; empty at the highest."""
        return self._launcher.reason

    def __enter__(self) -> Self:
        """Start the workers. Raises SandboxError if they do not start, or below the isolation required."""
        try:
            with ExitStack() as opened:
                # A thread that lives as long as the workers it starts (see the class).
                thread = opened.enter_context(ThreadPoolExecutor(1, thread_name_prefix="vpd-sandbox"))
                thread.submit(self._start_workers, opened).result()
                self._open = opened.pop_all()
        except (OSError, monty.MontyError, RuntimeError) as error:
            raise SandboxError(
                f"the sandbox does not start: {error}; reinstall pydantic-monty, "
                "or check the worker binary given"
            ) from error
        return self

    def _start_workers(self, opened: ExitStack) -> None:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="vpd-sandbox-")))
        keep_files()
        self._launcher = worker_launcher(worker_binary(self._binary_path), folder, self.limits.memory_bytes)
        self._demand(self._launcher)
        pool = monty.Monty(binary_path=self._launcher.path, **self._pool_settings)
        self._pool = opened.enter_context(pool)
        with self._checkout() as session:
            self._prelude = load_prelude(session, prelude_text(self._methods))

    def _demand(self, launcher: Launcher) -> None:
        """Raise SandboxError below the isolation required; warn below the highest."""
        if self._required is not None and launcher.isolation < self._required:
            raise SandboxError(
                f"isolation {self._required} is required, but this host gives {launcher.isolation}: "
                f"{launcher.reason}. Change the host, or require_isolation"
            )
        if launcher.reason:
            _log.warning("programs run at isolation %s: %s", launcher.isolation, launcher.reason)

    def __exit__(self, *error: object) -> None:
        self._open.close()

    def start(self, code: str, entry: str) -> tuple[SandboxSession, Turn]:
        """Begin a program in a fresh session: run `code`, then the expression `entry`."""
        for last_attempt in (False, True):
            try:
                session = SandboxSession(self._checkout(), self._prelude)
                break
            except monty.MontyCrashedError as error:  # this worker died idle, before it saw the program
                if last_attempt:
                    raise SandboxError(f"sandbox workers die before they start a program: {error}") from error
        return session, session.begin(f"{code}\n{entry}")

    def _checkout(self) -> monty.MontySession:
        return self._pool.checkout(limits=self._monty_limits, os_policy=_OS_POLICY)
