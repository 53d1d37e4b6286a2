"""The system calls that Python 3.11 has no name for: clone, mount, mount_setattr, prctl, sethostname."""

from __future__ import annotations

import ctypes
import errno
import os

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID = 0x10000000, 0x20000000
SIGCHLD = 17

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18

AT_FDCWD, AT_RECURSIVE = -100, 0x8000
MOUNT_ATTR_RDONLY = 1

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP = 1, 4, 22, 24
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
SECCOMP_MODE_FILTER = 2

# clone is 220 in the kernel's common table (aarch64, riscv64); x86 has its own. 442 is the same everywhere.
SYS_CLONE = 56 if os.uname().machine == "x86_64" else 220
SYS_MOUNT_SETATTR = 442

# PyDLL keeps the interpreter's lock over the call: the child of a raw clone must wake up holding it.
_libc = ctypes.PyDLL(None, use_errno=True)


class MountAttr(ctypes.Structure):
    """struct mount_attr of mount_setattr(2)."""

    _fields_ = [(name, ctypes.c_uint64) for name in ("attr_set", "attr_clr", "propagation", "userns_fd")]


def _checked(result: int, what: str) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{os.strerror(number)} ({what})")
    return result


def clone(flags: int) -> int:
    """Fork into new namespaces: 0 in the child, the child's process id in the parent."""
    zero = ctypes.c_ulong(0)
    result = _libc.syscall(ctypes.c_long(SYS_CLONE), ctypes.c_ulong(flags | SIGCHLD), zero, zero, zero, zero)
    return _checked(result, "clone into new namespaces")


def mount(source: str, target: str, kind: str | None = None, flags: int = 0, data: str | None = None) -> None:
    """mount(2)."""
    arguments = [None if text is None else os.fsencode(text) for text in (source, target, kind)]
    options = None if data is None else os.fsencode(data)
    _checked(
        _libc.mount(*arguments, ctypes.c_ulong(flags), options),
        f"mount {kind or 'bind'} on {target}",
    )


def set_readonly(path: str, readonly: bool = True, recursive: bool = True) -> bool:
    """Make a mount, and those below it, read-only or writable; False where the kernel cannot (< 5.12)."""
    attributes = MountAttr(*((MOUNT_ATTR_RDONLY, 0) if readonly else (0, MOUNT_ATTR_RDONLY)), 0, 0)
    result = _libc.syscall(
        ctypes.c_long(SYS_MOUNT_SETATTR),
        ctypes.c_long(AT_FDCWD),
        os.fsencode(path),
        ctypes.c_long(AT_RECURSIVE if recursive else 0),
        ctypes.byref(attributes),
        ctypes.c_long(ctypes.sizeof(attributes)),
    )
    if result == -1 and ctypes.get_errno() == errno.ENOSYS:
        return False
    _checked(result, f"mount_setattr {path}")
    return True


def prctl(option: int, value: int = 0, pointer: object = None) -> int:
    """prctl(2) with one value and one pointer or number."""
    third = ctypes.c_ulong(0) if pointer is None else pointer
    result = _libc.prctl(option, ctypes.c_ulong(value), third, ctypes.c_ulong(0), ctypes.c_ulong(0))
    return _checked(result, f"prctl {option}")


def set_host_name(name: str) -> None:
    """sethostname(2)."""
    encoded = name.encode()
    _checked(_libc.sethostname(encoded, ctypes.c_size_t(len(encoded))), f"sethostname {name}")
