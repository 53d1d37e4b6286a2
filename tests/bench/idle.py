"""How soon a server listens, and what it takes while it waits."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from tests.bench import places
from tests.bench.figures import Figure
from tests.servers import Server


def measure(smoke: bool) -> list[Figure]:
    """Starts on a home that was used before, from a warm disk."""
    taken = []
    with places.home() as folder:
        Server.start(folder, OFICINA_STRICT="").stop()
        for _ in range(3 if smoke else 15):
            begin = time.perf_counter()
            server = Server.start(folder, OFICINA_STRICT="")
            taken.append(time.perf_counter() - begin)
            memory = _memory(server.process.pid)
            server.stop()
    return [
        Figure("server ready, from the command to the address", statistics.median(taken), "s", most=0.4),
        Figure("idle memory, resident", memory, "MB", most=90),
    ]


def _memory(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError(f"/proc/{pid}/status has no VmRSS")
