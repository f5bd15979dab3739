"""Walls: what Linux refuses to a process, and to all that it starts, from the moment it asks for that.

Landlock leaves it the files that it needs, seccomp takes sockets and processes away; neither can be undone. Where a
kernel lacks one, or is not Linux, that wall is missing: `confinement.py` then stands alone.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Iterable
from errno import EACCES, ENOSYS
from typing import NamedTuple

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # numbers of Landlock's calls, the same on all processors
ASK_FOR_VERSION = 1
BENEATH = 1  # kind of rule
READ_FILE, READ_FOLDER, WRITE_FILE = 1 << 2, 1 << 3, 1 << 1
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # how many there are, by Landlock's version
ALL_OF_TCP, ALL_SCOPES = 0b11, 0b11  # from versions 4 and 6: bind and connect; abstract sockets and signals
NO_NEW_PRIVILEGES = 38
FILTER_OF_ALL_THREADS = 1, 1
LOAD, JUMP_IF_EQUAL, JUMP_IF_AT_LEAST, JUMP_IF_ANY, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # the filter's language
ALLOW, REFUSE, MISSING = 0x7FFF0000, 0x50000 | EACCES, 0x50000 | ENOSYS
NUMBER, PROCESSOR, FIRST_ARGUMENT = 0, 4, 16  # where the filter finds them
ANOTHER_NUMBERING = 0x40000000  # calls of x86's third interface
THREAD = 0x10000  # the flag of `clone` that makes a thread


class Calls(NamedTuple):
    """Numbers of system calls on one kind of processor."""

    processor: int
    seccomp: int
    clone: int
    refused: tuple[int, ...]


# socket, bind, connect, sendto, sendmsg; fork, vfork, execve, execveat, kill, ptrace, process_vm_writev, pidfd_open;
# chmod, chown, utime and setxattr in all their forms; io_uring_setup, bpf, mount
CALLS = {
    "x86_64": Calls(
        0xC000003E, 317, 56,
        (41, 49, 42, 44, 46, 57, 58, 59, 322, 62, 101, 311, 434, 90, 91, 268, 92, 93, 94, 260, 132, 235, 261, 280,
         188, 189, 190, 197, 198, 199, 425, 321, 165),
    ),
    "aarch64": Calls(
        0xC00000B7, 277, 220,
        (198, 200, 203, 206, 211, 221, 281, 129, 117, 271, 434, 52, 53, 54, 55, 88, 5, 6, 7, 14, 15, 16, 425, 280, 40),
    ),
}  # fmt: skip
NEW_CLONE = 435  # its flags lie in memory, which a filter does not see; libraries fall back to the old one


def build(readable: Iterable[str], writable: str) -> list[str]:
    """Put up the walls that this kernel has.

    Args:
        readable: Files and folders that may be read, with all that lies in them.
        writable: A folder in which everything may be done.

    Returns:
        The names of those that stand.
    """
    if not sys.platform.startswith("linux"):
        return []
    system = ctypes.CDLL(None, use_errno=True)
    system.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    walls = {"landlock": _restrict_files(system, readable, writable), "seccomp": _restrict_calls(system)}
    return [name for name, stands in walls.items() if stands]


def _restrict_files(system: ctypes.CDLL, readable: Iterable[str], writable: str) -> bool:
    version = system.syscall(CREATE_RULESET, None, 0, ASK_FOR_VERSION)
    if version < 1:
        return False
    rights = (1 << FILE_RIGHTS.get(version, FILE_RIGHTS[5])) - 1
    handled = struct.pack("QQQ", rights, ALL_OF_TCP if version >= 4 else 0, ALL_SCOPES if version >= 6 else 0)
    handled = handled[: 8 if version < 4 else 16 if version < 6 else 24]
    rules = system.syscall(CREATE_RULESET, handled, len(handled), 0)
    for path in readable:
        _allow(system, rules, path, READ_FILE | READ_FOLDER if os.path.isdir(path) else READ_FILE)
    _allow(system, rules, os.devnull, READ_FILE | WRITE_FILE)
    _allow(system, rules, writable, rights)
    stands = system.syscall(RESTRICT_SELF, rules, 0) == 0
    os.close(rules)
    return stands


def _allow(system: ctypes.CDLL, rules: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there need not be read
    system.syscall(ADD_RULE, rules, BENEATH, struct.pack("=Qi", rights, place), 0)
    os.close(place)


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def _restrict_calls(system: ctypes.CDLL) -> bool:
    calls = CALLS.get(platform.machine())
    if calls is None:
        return False
    steps = b"".join(struct.pack("HBBI", *step) for step in _steps(calls))
    mode, threads = FILTER_OF_ALL_THREADS
    return system.syscall(calls.seccomp, mode, threads, ctypes.byref(_Filter(len(steps) // 8, steps))) == 0


def _steps(calls: Calls) -> list[tuple[int, int, int, int]]:
    """What decides about a call: each is an operation, how many to skip if so and if not, and a number."""
    steps = [
        (LOAD, 0, 0, PROCESSOR), (JUMP_IF_EQUAL, 1, 0, calls.processor), (RETURN, 0, 0, REFUSE),
        (LOAD, 0, 0, NUMBER), (JUMP_IF_AT_LEAST, 0, 1, ANOTHER_NUMBERING), (RETURN, 0, 0, REFUSE),
        (JUMP_IF_EQUAL, 0, 1, NEW_CLONE), (RETURN, 0, 0, MISSING),
    ]  # fmt: skip
    for number in calls.refused:
        steps += [(JUMP_IF_EQUAL, 0, 1, number), (RETURN, 0, 0, REFUSE)]
    steps += [(JUMP_IF_EQUAL, 0, 3, calls.clone), (LOAD, 0, 0, FIRST_ARGUMENT)]
    return [*steps, (JUMP_IF_ANY, 1, 0, THREAD), (RETURN, 0, 0, REFUSE), (RETURN, 0, 0, ALLOW)]
