"""Ports for model processes: below the range that the kernel gives to outgoing connections."""

from __future__ import annotations

import random
import socket
import threading
from pathlib import Path

LOWEST = 20_000
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_given: set[int] = set()
_lock = threading.Lock()


def free() -> int:
    """A port that nobody listens on and that was not given out by this server before."""
    with _lock:
        highest = _highest()
        for _ in range(2000):
            port = random.randint(LOWEST, highest)
            if port not in _given and _is_free(port):
                _given.add(port)
                return port
        _given.clear()
    raise OSError(f"no free port between {LOWEST} and {highest}")


def give_back(port: int) -> None:
    """A port whose process is gone."""
    with _lock:
        _given.discard(port)


def _highest() -> int:
    try:
        return max(LOWEST + 1000, int(_RANGE.read_text().split()[0]) - 1)
    except (OSError, ValueError):
        return 32_767


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            return False
    return True
