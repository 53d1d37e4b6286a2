"""What a Python that has started tells one that waits in a warm pool, so that this one runs the program.

Both sides use it: ``oficina_front`` and process 1 of a job's host ask, ``oficina_warm`` answers. A request is
texts with a NUL between them, as programs' arguments and variables can have none.
"""

from __future__ import annotations

import os

VARIABLE = "OFICINA_WARM"
"""Names the socket of the Python that waits; in the environment of a job's first programs only."""
RIGHTS = ("Max cpu time", "Max file size", "Max address space", "Max open files", "Max processes")


def request(argv: list[str], environment: dict[str, str], folder: str, umask: int, limits: str) -> bytes:
    """The bytes of a request, their length before them."""
    texts = [folder, str(umask), limits, str(len(argv)), *argv]
    texts += [f"{name}={value}" for name, value in environment.items()]
    data = "\0".join(texts).encode("utf-8", "surrogateescape")
    return len(data).to_bytes(4, "little") + data


class Asked:
    """A request, read."""

    def __init__(self, data: bytes) -> None:
        self.folder, umask, self.limits, count, *rest = data.decode("utf-8", "surrogateescape").split("\0")
        self.umask = int(umask)
        self.argv = rest[: int(count)]
        self.environment = dict(text.split("=", 1) for text in rest[int(count) :])


def limits() -> str:
    """What a process was allowed before it started and cannot be given afterwards: limits, cores, nice."""
    with open("/proc/self/limits", encoding="ascii") as file:
        lines = [line.rstrip() for line in file if line.startswith(RIGHTS)]
    return "\n".join([*lines, str(sorted(os.sched_getaffinity(0))), str(os.getpriority(os.PRIO_PROCESS, 0))])
