"""What a job's processes may do: a container's capabilities, and a chown that succeeds without effect."""

from __future__ import annotations

import ctypes
import os

from . import kernel

# Docker's default set without MKNOD and NET_RAW: a job run by the real root must not reach the disk's device.
KEPT = {
    "CHOWN": 0,
    "DAC_OVERRIDE": 1,
    "FOWNER": 3,
    "FSETID": 4,
    "KILL": 5,
    "SETGID": 6,
    "SETUID": 7,
    "SETPCAP": 8,
    "NET_BIND_SERVICE": 10,
    "SYS_CHROOT": 18,
    "AUDIT_WRITE": 29,
    "SETFCAP": 31,
}

LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERRNO_ZERO = 0x7FFF0000, 0x00050000
ARCHITECTURES = {"x86_64": (0xC000003E, (92, 93, 94, 260)), "aarch64": (0xC00000B7, (54, 55))}


def drop_capabilities() -> None:
    """Leave only the kept capabilities to whatever is executed from here on."""
    with open("/proc/sys/kernel/cap_last_cap", encoding="ascii") as file:
        last = int(file.read())
    kept = set(KEPT.values())
    for capability in range(last + 1):
        if capability not in kept:
            kernel.prctl(kernel.PR_CAPBSET_DROP, capability)


def users() -> int:
    """How many users this user namespace knows."""
    with open("/proc/self/uid_map", encoding="ascii") as file:
        return sum(int(line.split()[2]) for line in file)


def is_real_root() -> bool:
    """Whether this is the machine's own root, not one of a user namespace or a rootless container."""
    return users() == 2**32 - 1


class Instruction(ctypes.Structure):
    """struct sock_filter: one step of a seccomp program."""

    _fields_ = [
        ("code", ctypes.c_uint16),
        ("true", ctypes.c_uint8),
        ("false", ctypes.c_uint8),
        ("k", ctypes.c_uint32),
    ]


class Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = [("length", ctypes.c_uint16), ("filter", ctypes.POINTER(Instruction))]


def pretend_chown() -> bool:
    """Let chown succeed without effect, for a namespace with one user.

    Such a namespace knows no second owner, so ``tar -x`` by its root would fail on the owner's number in an
    archive. Charliecloud's root emulation does the same (ch-run --seccomp).
    """
    known = ARCHITECTURES.get(os.uname().machine)
    if known is None:
        return False
    architecture, numbers = known
    allow = len(numbers) + 1
    steps = [
        Instruction(LOAD, 0, 0, 4),
        Instruction(JUMP_IF_EQUAL, 0, allow, architecture),
        Instruction(LOAD, 0, 0, 0),
    ]
    for place, number in enumerate(numbers):
        steps.append(Instruction(JUMP_IF_EQUAL, len(numbers) - place, 0, number))
    steps += [Instruction(RETURN, 0, 0, ALLOW), Instruction(RETURN, 0, 0, ERRNO_ZERO)]
    array = (Instruction * len(steps))(*steps)
    program = Program(len(steps), ctypes.cast(array, ctypes.POINTER(Instruction)))
    kernel.prctl(kernel.PR_SET_SECCOMP, kernel.SECCOMP_MODE_FILTER, ctypes.byref(program))
    return True
