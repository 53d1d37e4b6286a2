"""A host as its supervisor knows it, and how one ended."""

from __future__ import annotations

import os
import time

from . import logs


class Host:
    """One host as its supervisor knows it."""

    def __init__(self, name: str, pid: int, status: int, log: logs.Log) -> None:
        self.name, self.pid, self.status, self.log = name, pid, status, log
        self.said = b""
        self.result: dict[str, int | None] | None = None
        self.started = self.ended = False
        self.ended_at = float("inf")
        self.cpu_seconds, self.sampled = 0.0, time.monotonic()


def result(status: int) -> dict[str, int | None]:
    """A wait status as exit code and signal; death by a signal has Docker's exit code 128 + signal."""
    if os.WIFSIGNALED(status):
        return {"exit_code": 128 + os.WTERMSIG(status), "signal": os.WTERMSIG(status)}
    return {"exit_code": os.WEXITSTATUS(status), "signal": None}
