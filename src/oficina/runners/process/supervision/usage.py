"""What a host uses of the machine: CPU, memory, disk."""

from __future__ import annotations

import os
import stat
import time

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
MEMORY = os.sysconf("SC_PHYS_PAGES") * PAGE


def family(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for member in found:
        try:
            with open(f"/proc/{member}/task/{member}/children", encoding="ascii") as file:
                found += [int(word) for word in file.read().split()]
        except OSError:
            continue
    return found


def processes(init: int) -> tuple[float, int]:
    """CPU seconds used so far and bytes of memory held by a host's processes."""
    ticks = pages = 0
    for pid in family(init):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        # utime, stime and, for what ended and was waited for, cutime, cstime; rss.
        ticks += sum(int(field) for field in fields[11:15])
        pages += int(fields[21])
    return ticks / TICKS, pages * PAGE


def disk(folder: str) -> int:
    """Bytes on disk below a folder, without following links; what vanishes meanwhile counts nothing."""
    total, pending = 0, [folder]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    found = entry.stat(follow_symlinks=False)
                    total += found.st_blocks * 512
                    if stat.S_ISDIR(found.st_mode):
                        pending.append(entry.path)
        except OSError:
            continue
    return total


def free(folder: str) -> int:
    """Bytes that may still be written to the disk a folder is on."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def line(host: str, cpu: float, memory: int, disk: float) -> str:
    """A line of usage.jsonl: processors in use, bytes of memory, share of the disk; all as percent."""
    return (
        f'{{"time": {time.time():.3f}, "host": "{host}", "cpu_percent": {100 * max(0.0, cpu):.2f}, '
        f'"memory_percent": {100 * memory / MEMORY:.2f}, "disk_percent": {100 * disk:.2f}}}\n'
    )
