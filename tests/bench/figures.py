"""A measured figure with its goal, and the ways to measure."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One number; ``least`` or ``most`` is its goal, neither means that it is only told."""

    what: str
    value: float
    unit: str
    least: float | None = None
    most: float | None = None

    @property
    def met(self) -> bool:
        """Whether the goal is reached."""
        return (self.least is None or self.value >= self.least) and (
            self.most is None or self.value <= self.most
        )

    def to_json(self) -> dict[str, Any]:
        """For the results."""
        said = {name: value for name, value in asdict(self).items() if value is not None}
        return {**said, "value": round(self.value, 3)}

    def __str__(self) -> str:
        goal = f"≥ {self.least:g}" if self.least is not None else ""
        goal = f"≤ {self.most:g}" if self.most is not None else goal
        verdict = ("  ok, goal " if self.met else "  MISSED, goal ") + goal if goal else ""
        return f"{self.what:<64} {self.value:10.2f} {self.unit}{verdict}"


def timed(call: Callable[[], object], rounds: int) -> list[float]:
    """The seconds that each of several calls took."""
    taken = []
    for _ in range(rounds):
        begin = time.perf_counter()
        call()
        taken.append(time.perf_counter() - begin)
    return taken


def taking_turns(
    calls: dict[str, Callable[[], object]], rounds: int, turns: int = 5
) -> dict[str, list[float]]:
    """The seconds of several kinds of call, in turns, so that the machine's moods hit all alike."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for name, call in calls.items():
        timed(call, max(1, rounds // 10))
        taken[name] = []
    for _ in range(turns):
        for name, call in calls.items():
            taken[name] += timed(call, max(1, rounds // turns))
    return taken


def milliseconds(seconds: list[float]) -> float:
    """The median, in milliseconds."""
    return statistics.median(seconds) * 1000


def rate(seconds: list[float]) -> float:
    """Calls in a second."""
    return len(seconds) / sum(seconds)
