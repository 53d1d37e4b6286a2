"""The small files that tell the server what happened, each written whole or not at all."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def write(path: str, text: str, durable: bool = False) -> None:
    """Replace a file atomically; durable what must outlive the machine's power (a job does not)."""
    temporary = path + ".new"
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    os.rename(temporary, path)


def write_json(path: str, document: dict[str, Any]) -> None:
    import json  # costs 5 ms, which are not to be spent before the job has started

    write(path, json.dumps(document), durable=True)


def write_pid(path: str, pid: int) -> None:
    """Name a process for good."""
    write(path, f"{pid} {start_time(pid)}\n")


def start_time(pid: int) -> str:
    """When a process started, in the kernel's ticks: with the process id it names a process for good."""
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rpartition(")")[2].split()[19]


def open_beneath(root: str, relative: str, flags: int) -> int:
    """Open a path below root following no link in it, since everything below is the job's to arrange."""
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    parts = [part for part in relative.split("/") if part not in ("", ".")]
    for place, part in enumerate(parts):
        last = place == len(parts) - 1
        more = flags if last else os.O_RDONLY | os.O_DIRECTORY
        try:
            inner = os.open(part, more | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=handle)
        finally:
            os.close(handle)
        handle = inner
    return handle


def age(root: str, relative: str) -> float | None:
    """Seconds since a file that the job may have written was last changed; None when there is none."""
    import time

    try:
        handle = open_beneath(root, relative, os.O_PATH)
    except OSError:
        return None
    try:
        return max(0.0, time.time() - os.fstat(handle).st_mtime)
    finally:
        os.close(handle)


def read_text(root: str, relative: str, characters: int) -> str | None:
    """The beginning of a file that the job may have written; None when there is none, or no plain file."""
    import stat

    try:
        handle = open_beneath(root, relative, os.O_RDONLY)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        return os.read(handle, characters * 4).decode(errors="replace")[:characters]
    finally:
        os.close(handle)
