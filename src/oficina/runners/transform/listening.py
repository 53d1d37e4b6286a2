"""Which ports a process and its children listen on, from ``/proc``.

Containers on AWS may listen on 8080 whatever they are told, since each has a network of its own. Here they
share the machine's, so such a program is found by looking where it listens: by the server behind endpoints,
by the driver in transform jobs.
"""

from __future__ import annotations

import os
from pathlib import Path

_PROC = Path("/proc")
_LISTEN = "0A"


def ports(pid: int) -> set[int]:
    """The TCP ports that a process or any of its descendants listens on."""
    sockets = {inode for one in _family(pid) for inode in _sockets(one)}
    return {port for inode, port in _listeners().items() if inode in sockets}


def _family(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in os.listdir(_PROC):
        if entry.isdigit():
            try:
                stat = (_PROC / entry / "stat").read_text(encoding="latin-1")
            except OSError:
                continue  # it ended meanwhile
            parent = int(stat.rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def _sockets(pid: int) -> set[str]:
    found = set()
    try:
        for entry in os.scandir(_PROC / str(pid) / "fd"):
            target = os.readlink(entry.path)
            if target.startswith("socket:["):
                found.add(target[8:-1])
    except OSError:
        return found  # it ended meanwhile, or is another user's
    return found


def _listeners() -> dict[str, int]:
    found = {}
    for name in ("tcp", "tcp6"):
        try:
            lines = (_PROC / "net" / name).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            words = line.split()
            if words[3] == _LISTEN:
                found[words[9]] = int(words[1].rpartition(":")[2], 16)
    return found
