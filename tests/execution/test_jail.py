"""The jail as seen from outside a live worker in it: /proc of the worker, and its end."""

import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vpd.execution.engine import EngineSettings, open_engine
from vpd.execution.jail import Isolation
from vpd.execution.limits import Limits
from vpd.execution.run import Job
from vpd.execution.sandbox import Sandbox
from vpd.execution.session import Finished, HostCall, SandboxSession, Turn
from vpd.tools.protocol import Picture, ToolSet

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the jail is made of Linux namespaces")


def inside(pid: int) -> int:
    """Return the process id of the worker in the jail that the pool started as `pid`."""
    [child] = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)


def ends(*pids: int, within: float = 20.0) -> Callable[[], bool]:
    """Watch processes that are alive, to ask later whether all of them ended."""
    watched = [os.pidfd_open(pid) for pid in pids]

    def all_ended() -> bool:
        ended = [bool(select.select([fd], [], [], within)[0]) for fd in watched]
        for fd in watched:
            os.close(fd)
        return all(ended)

    return all_ended


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Limits(), 2) as opened:
        if opened.isolation < Isolation.SECCOMP:
            pytest.skip(f"this host gives only {opened.isolation}: {opened.isolation_reason}")
        yield opened


@pytest.fixture(scope="module")
def worker(sandbox: Sandbox) -> Iterator[int]:
    """Process id of a worker in its jail, with a program that has run."""
    session, turn = sandbox.start("x = 1", "x")
    assert turn == Finished(1)
    assert session.worker_pid is not None
    yield inside(session.worker_pid)
    session.close()


def status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def test_jail_worker_has_a_filter_and_no_capability(worker: int) -> None:
    found = status(worker)
    assert (found["Name"], found["Seccomp"], found["NoNewPrivs"]) == ("monty", "2", "1")
    sets = [int(found[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")]
    assert sets == [0] * 5


def test_jail_worker_has_no_environment(worker: int) -> None:
    assert Path(f"/proc/{worker}/environ").read_bytes() in (b"", b"PWD=/\0")  # bwrap's own


def test_jail_worker_is_alone_in_namespaces_of_its_own(worker: int) -> None:
    for kind in ("user", "mnt", "pid", "net", "ipc", "uts"):
        mine, its = Path("/proc/self/ns", kind).readlink(), Path(f"/proc/{worker}/ns", kind).readlink()
        assert mine != its
    assert status(worker)["NSpid"].split()[-1] == "1"


def test_jail_worker_has_no_network(worker: int) -> None:
    net = Path(f"/proc/{worker}/net")
    routes, interfaces = (net / "route").read_text(), (net / "dev").read_text()
    assert len(routes.splitlines()) == 1  # the heading
    assert [line.split(":")[0].strip() for line in interfaces.splitlines()[2:]] == ["lo"]
    assert not (net / "unix").read_text().splitlines()[1:]


def test_jail_worker_reaches_no_file_but_itself_and_its_libraries(worker: int) -> None:
    root = Path(f"/proc/{worker}/root")
    found = {file.relative_to(root) for file in root.rglob("*") if not file.is_dir() or file.is_symlink()}
    others = {file for file in found if ".so" not in file.name}
    assert others == {Path("monty")}
    assert len(found) < 12
    assert not any((root / name).exists() for name in ("proc", "dev", "sys", "etc", "tmp", "home", "bin"))


def test_jail_worker_can_write_no_file(worker: int) -> None:
    root = Path(f"/proc/{worker}/root")
    with pytest.raises(OSError, match="Read-only"):
        (root / "new").write_bytes(b"")
    with pytest.raises(OSError, match=r"Read-only|busy"):
        (root / "monty").open("r+b")
    mounts = Path(f"/proc/{worker}/mountinfo").read_text().splitlines()
    assert all("ro" in mount.split()[5].split(",") for mount in mounts)
    assert all("nosuid" in mount.split()[5].split(",") for mount in mounts)


def test_jail_worker_holds_no_file_but_its_pipes() -> None:
    inherited = os.open("/etc/passwd", os.O_RDONLY)
    os.set_inheritable(inherited, True)
    try:
        with Sandbox(Limits(), 1) as sandbox:
            if sandbox.isolation < Isolation.JAIL:
                pytest.skip(sandbox.isolation_reason)
            session, _ = sandbox.start("x = 1", "x")
            assert session.worker_pid is not None
            files = Path(f"/proc/{inside(session.worker_pid)}/fd")
            held = {file.name: str(file.readlink()).split(":")[0] for file in files.iterdir()}
            session.close()
    finally:
        os.close(inherited)
    assert held == {"0": "pipe", "1": "pipe", "2": "/dev/null"}


def test_jail_worker_memory_is_limited_by_the_kernel_too(worker: int) -> None:
    lines = Path(f"/proc/{worker}/limits").read_text().splitlines()
    [limit] = [line for line in lines if line.startswith("Max address space")]
    assert Limits().memory_bytes < int(limit.split()[3]) < 2**30


@pytest.mark.usefixtures("sandbox")
def test_jail_outlives_the_thread_that_opened_the_sandbox() -> None:
    opened, waiting = Sandbox(Limits(), 1), []

    def open_and_start() -> None:
        waiting.append(opened.__enter__().start("x = 1", "_vpd_host(x)"))

    thread = threading.Thread(target=open_and_start)
    thread.start()
    thread.join()
    [(session, turn)] = waiting
    assert isinstance(turn, HostCall)
    assert session.resume(2) == Finished(2)
    session.close()
    opened.__exit__(None, None, None)


ENGINE = """
import sys
from vpd.execution.limits import Limits
from vpd.execution.sandbox import Sandbox
with Sandbox(Limits(), 2) as sandbox:
    sessions = [sandbox.start("x = 1", "_vpd_host(x)")[0] for _ in range(2)]
    print(sandbox.isolation, *(session.worker_pid for session in sessions), flush=True)
    sys.stdin.read()
"""


def test_jail_workers_end_with_an_engine_that_is_killed_even_if_they_hang(sandbox: Sandbox) -> None:
    command = [sys.executable, "-c", ENGINE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as engine:
        assert engine.stdout is not None
        isolation, *pids = engine.stdout.readline().split()
        started = [int(pid) for pid in pids]
        workers = [inside(pid) for pid in started]
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)
        all_ended = ends(*started, *workers)
        engine.kill()
    assert isolation == sandbox.isolation
    assert all_ended()


def test_session_discarded_ends_its_worker_and_the_next_program_gets_another(sandbox: Sandbox) -> None:
    session, _ = sandbox.start("x = 1", "x")
    assert session.worker_pid is not None
    pids = session.worker_pid, inside(session.worker_pid)
    all_ended = ends(*pids)
    session.close(discard=True)
    assert all_ended()
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)  # nor is there a zombie
    for _ in range(3):
        session, turn = sandbox.start("x = 2", "x")
        assert turn == Finished(2)
        assert session.worker_pid not in pids
        session.close()


FLOOD = "p = ImagePatch(image)\nfor i in range(99):\n    p.simple_query(str(i))\nreturn 'all'"


@pytest.mark.parametrize("source", ["return 'a' * 10 ** 9", "while True:\n    x = 1\nreturn 1", FLOOD])
@pytest.mark.usefixtures("sandbox")
def test_engine_ends_the_worker_of_a_program_that_reached_a_limit(
    source: str,
    fake_toolset: Callable[..., ToolSet],
    fake_picture: Callable[..., Picture],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watched: list[Callable[[], bool]] = []
    begin = SandboxSession.begin

    def watch(session: SandboxSession, code: str) -> Turn:
        assert session.worker_pid is not None
        watched.append(ends(session.worker_pid, inside(session.worker_pid), within=5))
        return begin(session, code)

    monkeypatch.setattr(SandboxSession, "begin", watch)
    limits = Limits(seconds=0.3, memory_bytes=2**25, tool_calls=20)
    with open_engine(fake_toolset(), EngineSettings(in_flight=1, limits=limits)) as engine:
        sources = [source, "return 'well'", "return 'well'"]
        runs = [run for _, run in engine.run(Job(text, fake_picture()) for text in sources)]
        assert [run.outcome for run in runs] == ["budget", "answered", "answered"]
        assert watched[0]()
    assert watched[1]()


AS_NOBODY = """
import ctypes, os
from pathlib import Path
from vpd.execution.limits import Limits
from vpd.execution.sandbox import Sandbox
with Sandbox(Limits(), 1):  # whatever Python has yet to read, while it may
    pass
os.setgroups([]); os.setgid(12345); os.setuid(12345)
with Sandbox(Limits(), 1) as sandbox:
    session, turn = sandbox.start("x = 1", "x")
    print(sandbox.isolation, turn.value)
"""


@pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="only root can become another user")
def test_jail_needs_no_privileges(sandbox: Sandbox) -> None:
    done = subprocess.run([sys.executable, "-c", AS_NOBODY], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == [sandbox.isolation, "1"], done.stderr
