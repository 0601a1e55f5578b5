"""The system call filter: by the kernel, in a child process under it, and by reading its program."""

import errno
import json
import platform
import signal
import struct
import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpd.execution.seccomp import seccomp_filter

MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
READ = {"x86_64": 0, "aarch64": 63}
SOCKET = {"x86_64": 41, "aarch64": 198}
OPENAT = {"x86_64": 257, "aarch64": 56}
CLONE = {"x86_64": 56, "aarch64": 220}
ALLOW, KILL, EPERM, ENOSYS = 0x7FFF0000, 0x80000000, 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS

UNDER_FILTER = """
import ctypes, errno, json, os, sys, threading
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
page = libc.mmap(None, 4096, 3, 0x22, -1, 0)
code = bytes.fromhex(sys.argv[1])
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]
program = Program(len(code) // 8, code)
def refusal(call):
    ctypes.set_errno(0)
    result = call()
    return errno.errorcode[ctypes.get_errno()] if result in (-1, 2**64 - 1) else "done"
calls = [eval("lambda: " + name) for name in json.loads(sys.argv[2])]
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(program)) == 0
os.write(1, json.dumps([refusal(call) for call in calls]).encode())
os._exit(0)
"""


@pytest.fixture(scope="module")
def code() -> bytes:
    code = seccomp_filter(platform.machine())
    if sys.platform != "linux" or code is None:
        pytest.skip("no seccomp filter for this machine")
    return code


def under_filter(code: bytes, *calls: str) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-c", UNDER_FILTER, code.hex(), json.dumps(calls)]
    return subprocess.run(command, capture_output=True, timeout=60)


REFUSED = [
    "libc.open(b'/tmp/vpd-no', os.O_WRONLY | os.O_CREAT, 0o600)",
    "libc.open(b'/dev/null', os.O_RDWR)",
    "libc.fork()",
    "libc.mprotect(ctypes.c_void_p(page), 4096, 5)",
    "libc.mmap(None, 4096, 7, 0x22, -1, 0)",
    "libc.prctl(22, 2, ctypes.byref(program))",
    "libc.write(5, b'x', 1)",
]
UNKNOWN = [
    "libc.connect(0, b'', 0)",
    "libc.pipe(ctypes.create_string_buffer(8))",
    "libc.dup(0)",
    "libc.kill(os.getpid(), 0)",
    "libc.setuid(0)",
    "libc.chdir(b'/')",
    "libc.chroot(b'/')",
    "libc.unlink(b'/tmp/vpd-no')",
    "libc.mkdir(b'/tmp/vpd-no', 0o700)",
    "libc.rename(b'/tmp/vpd-no', b'/tmp/vpd-never')",
    "libc.chmod(b'/tmp', 0o700)",
    "libc.symlink(b'a', b'/tmp/vpd-no')",
    "libc.memfd_create(b'x', 0)",
    "libc.ioctl(0, 0x5412, b'x')",
    "libc.execveat(0, b'', None, None, 0x1000)",
    "libc.epoll_create1(0)",
    "libc.shmget(0, 4096, 0o1600)",
]
WORKS = [
    "libc.write(1, b'', 0)",
    "libc.read(0, b'', 0)",
    "libc.open(b'/dev/null', os.O_RDONLY)",
    "libc.mprotect(ctypes.c_void_p(page), 4096, 1)",
    "libc.getrandom(ctypes.create_string_buffer(8), 8, 0)",
    "threading.Thread(target=bytearray, args=[2**24]).start()",
]
KILLED = [
    "libc.socket(1, 1, 0)",
    "libc.ptrace(0, 0, 0, 0)",
    "libc.unshare(0x10000000)",
    "libc.mount(b'a', b'/', b'tmpfs', 0, None)",
    "libc.process_vm_readv(1, None, 0, None, 0, 0)",
    "libc.setns(0, 0)",
]


def test_filter_in_force_refuses_what_the_worker_does_not_need_and_leaves_it_its_own(code: bytes) -> None:
    done = under_filter(code, *REFUSED, *UNKNOWN, *WORKS)
    assert done.returncode == 0, done.stderr
    found = dict(zip([*REFUSED, *UNKNOWN, *WORKS], json.loads(done.stdout), strict=True))
    assert {call: found[call] for call in REFUSED} == dict.fromkeys(REFUSED, "EPERM")
    assert {call: found[call] for call in UNKNOWN} == dict.fromkeys(UNKNOWN, "ENOSYS")
    assert {call: found[call] for call in WORKS} == dict.fromkeys(WORKS, "done")


@pytest.mark.parametrize("call", KILLED)
def test_filter_in_force_kills_what_only_an_attack_asks_for(code: bytes, call: str) -> None:
    done = under_filter(code, call)
    assert (done.returncode, done.stdout) == (-signal.SIGSYS, b"")


@pytest.mark.skipif(platform.machine() != "x86_64", reason="x32 is a way to call x86_64 kernels")
def test_filter_in_force_kills_calls_by_x32_numbers(code: bytes) -> None:
    assert under_filter(code, "libc.syscall(0x40000000)").returncode == -signal.SIGSYS


def verdict(code: bytes, arch: int, number: int, arguments: tuple[int, ...] = (0,) * 6) -> int:
    """Run a filter as seccomp(2) says the kernel does."""
    data = struct.pack("=IIQ6Q", number, arch, 0, *arguments)
    program = list(struct.iter_unpack("=HBBI", code))
    at = accumulator = 0
    while True:
        operation, if_true, if_false, value = program[at]
        at += 1
        if operation == 0x06:
            return value
        if operation == 0x20:
            accumulator = struct.unpack_from("=I", data, value)[0]
        elif operation == 0x54:
            accumulator &= value
        else:
            tests: dict[int, Callable[[int, int], bool]] = {0x15: int.__eq__, 0x35: int.__ge__}
            at += if_true if tests[operation](accumulator, value) else if_false


@pytest.mark.parametrize("machine", MACHINES)
@given(arch=st.integers(0, 2**32 - 1), number=st.integers(0, 600))
def test_filter_calls_by_another_architecture_are_killed(machine: str, arch: int, number: int) -> None:
    code = seccomp_filter(machine)
    assert code is not None
    if arch != MACHINES[machine]:
        assert verdict(code, arch, number) == KILL


@pytest.mark.parametrize("machine", MACHINES)
def test_filter_allows_fewer_than_fifty_calls(machine: str) -> None:
    code = seccomp_filter(machine)
    assert code is not None
    found = [verdict(code, MACHINES[machine], number) for number in range(1000)]
    assert found.count(ALLOW) + found.count(EPERM) < 50
    assert set(found) == {ALLOW, EPERM, KILL, ENOSYS}
    assert (found[READ[machine]], found[SOCKET[machine]]) == (ALLOW, KILL)


@pytest.mark.parametrize("machine", MACHINES)
@given(flags=st.integers(0, 2**32 - 1))
def test_filter_opens_files_to_read_only_and_starts_threads_only(machine: str, flags: int) -> None:
    code = seccomp_filter(machine)
    assert code is not None
    opened = verdict(code, MACHINES[machine], OPENAT[machine], (0, 0, flags, 0, 0, 0))
    assert opened == (EPERM if flags & (0o3 | 0o100 | 0o1000) else ALLOW)
    started = verdict(code, MACHINES[machine], CLONE[machine], (flags, 0, 0, 0, 0, 0))
    assert started == (ALLOW if flags & 0x10000 and not flags & 0x7E020000 else EPERM)


def test_filter_of_a_machine_without_a_table_is_none() -> None:
    assert seccomp_filter("riscv64") is None
