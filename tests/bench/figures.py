"""A measured figure with its goal, and the ways to measure."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

Measure = Callable[[Sequence[float]], float]


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


@dataclass(frozen=True, slots=True)
class Taken:
    """The seconds of several kinds of call, turn by turn; in a turn all met the machine in one mood."""

    turns: dict[str, list[list[float]]]

    def of(self, name: str) -> list[float]:
        """The seconds of one kind, from all turns."""
        return [seconds for turn in self.turns[name] for seconds in turn]

    def ratio(self, name: str, other: str, of: Measure = statistics.median) -> float:
        """How many times as long one kind takes as another: the median of the turns' ratios."""
        return statistics.median(of(a) / of(b) for a, b in self._pairs(name, other))

    def difference(self, name: str, other: str) -> float:
        """How many seconds longer one kind takes than another: the median of the turns' differences."""
        return statistics.median(
            statistics.median(a) - statistics.median(b) for a, b in self._pairs(name, other)
        )

    def _pairs(self, name: str, other: str) -> Iterator[tuple[list[float], list[float]]]:
        return zip(self.turns[name], self.turns[other], strict=True)


def taking_turns(calls: dict[str, Callable[[], object]], rounds: int, turns: int = 20) -> Taken:
    """Several kinds of call in turns, each turn in the other order, so that drifts hit all alike."""
    for call in calls.values():
        timed(call, max(1, rounds // 10))
    taken: dict[str, list[list[float]]] = {name: [] for name in calls}
    order = list(calls)
    for _ in range(min(turns, rounds)):
        for name in order:
            taken[name].append(timed(calls[name], max(1, rounds // turns)))
        order.reverse()
    return Taken(taken)


def milliseconds(seconds: list[float]) -> float:
    """The median, in milliseconds."""
    return statistics.median(seconds) * 1000
