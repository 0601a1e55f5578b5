"""The system calls a sandbox worker may make, as a seccomp filter (classic BPF, seccomp(2)).

An allow-list of what the Monty worker was seen to use on every hostile and trusted program, and the same
calls as other C libraries spell them. Whatever else is asked for answers ENOSYS, as an older kernel would:
C libraries know how to go on from that. What only an attack asks for kills the process, and so do another
architecture's numbers (i386, x32).

Not covered: `execve` stays open, because bwrap itself uses it after the filter is in force; in the jail there
is nothing to execute but the worker and its loader.
"""

import errno
import struct
from collections.abc import Iterator
from mmap import PROT_EXEC, PROT_WRITE
from os import O_ACCMODE, O_CREAT, O_TRUNC

# Numbers on x86_64 and aarch64, None where that architecture has no such call.
_ALLOWED: dict[str, tuple[int | None, int | None]] = {
    # The pipes to the engine, and the loader reading shared libraries. First, for they are the most frequent.
    "read": (0, 63),
    "write": (1, 64),
    "writev": (20, 66),
    "pread64": (17, 67),
    "openat": (257, 56),
    "close": (3, 57),
    "fstat": (5, 80),
    "newfstatat": (262, 79),
    "access": (21, None),
    "faccessat": (269, 48),
    "poll": (7, None),
    "ppoll": (271, 73),
    # Memory.
    "mprotect": (10, 226),
    "mmap": (9, 222),
    "munmap": (11, 215),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "brk": (12, 214),
    # The interpreter's thread, its locks and its name.
    "futex": (202, 98),
    "clone": (56, 220),
    "set_tid_address": (218, 96),
    "set_robust_list": (273, 99),
    "rseq": (334, 293),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "gettid": (186, 178),
    "getpid": (39, 172),
    "prctl": (157, 167),
    "arch_prctl": (158, None),
    # Limits, seeds of hash tables, the clock where the kernel has no faster way to it.
    "prlimit64": (302, 261),
    "getrandom": (318, 278),
    "clock_gettime": (228, 113),
    # Signals: the guard page of the stack, and abort().
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "restart_syscall": (219, 128),
    "tgkill": (234, 131),
    # The start, by bwrap, and the end.
    "execve": (59, 221),
    "exit": (60, 93),
    "exit_group": (231, 94),
}
_CLONE_THREAD, _CLONE_NEW = 0x00010000, 0x7E020000  # CLONE_NEW*: any new namespace
_PR_SET_NAME = 15
# Allowed only if `argument & mask == value` holds for one of these (argument, mask, value); else EPERM.
_ONLY_IF: dict[str, list[tuple[int, int, int]]] = {
    "write": [(0, ~3, 0)],  # file descriptors 0 to 3: not one that this process inherited by mistake
    "writev": [(0, ~3, 0)],
    "openat": [(2, O_ACCMODE | O_CREAT | O_TRUNC, 0)],  # to read
    "mprotect": [(2, PROT_EXEC, 0)],  # no memory becomes code,
    "mmap": [(2, PROT_EXEC, 0), (2, PROT_WRITE, 0)],  # nor is ever both
    "clone": [(0, _CLONE_THREAD | _CLONE_NEW, _CLONE_THREAD)],  # threads, no processes
    "prctl": [(0, ~0, _PR_SET_NAME)],
}
_KILLED: dict[str, tuple[int, int]] = {
    "socket": (41, 198),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "mount": (165, 40),
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "perf_event_open": (298, 241),
    "io_uring_setup": (425, 425),
    "keyctl": (250, 219),
    "init_module": (175, 105),
    "finit_module": (313, 273),
}
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32 = 0x40000000
# Fields of struct seccomp_data; an argument is 8 bytes, its low half first.
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16
_LOAD, _AND, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000

Instruction = tuple[int, int, int, int]
"""(code, instructions to skip if true, if false, value)"""


def seccomp_filter(machine: str) -> bytes | None:
    """Return the filter for `platform.machine()` as an array of struct sock_filter; None if there is none."""
    if machine not in _AUDIT_ARCH:
        return None
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in _program(machine))


def _program(machine: str) -> Iterator[Instruction]:
    column = list(_AUDIT_ARCH).index(machine)
    yield _LOAD, 0, 0, _ARCH
    yield _IF_EQUAL, 1, 0, _AUDIT_ARCH[machine]
    yield _RETURN, 0, 0, _KILL
    yield _LOAD, 0, 0, _NUMBER
    yield _IF_AT_LEAST, 0, 1, _X32
    yield _RETURN, 0, 0, _KILL
    for name, numbers in _ALLOWED.items():
        number = numbers[column]
        if number is not None:
            body = list(_allow(name))
            yield _IF_EQUAL, 0, len(body), number
            yield from body
    for numbers in _KILLED.values():
        yield _IF_EQUAL, 0, 1, numbers[column]
        yield _RETURN, 0, 0, _KILL
    yield _RETURN, 0, 0, _ERRNO | errno.ENOSYS


def _allow(name: str) -> Iterator[Instruction]:
    """Decide on a call whose number was found."""
    if name not in _ONLY_IF:
        yield _RETURN, 0, 0, _ALLOW
        return
    for argument, mask, value in _ONLY_IF[name]:
        yield _LOAD, 0, 0, _ARGUMENTS + 8 * argument
        yield _AND, 0, 0, mask & 0xFFFFFFFF
        yield _IF_EQUAL, 0, 1, value
        yield _RETURN, 0, 0, _ALLOW
    yield _RETURN, 0, 0, _ERRNO | errno.EPERM
