"""CloudWatch's metrics of invocations, counted in memory and written every few seconds.

Names, units and dimensions are those of the developer guide, "Amazon SageMaker AI metrics in Amazon
CloudWatch": namespace AWS/SageMaker, dimensions EndpointName and VariantName.
"""

from __future__ import annotations

import logging
import math
import threading
from collections import Counter, deque
from dataclasses import dataclass

from oficina.engine.hosting import usage
from oficina.engine.hosting.routes import Route, Routes
from oficina.store import shortage
from oficina.store.metrics import Point
from oficina.store.store import Store

log = logging.getLogger(__name__)

NAMESPACE = "AWS/SageMaker"
INTERVAL = 3.0
"""Seconds between two writings."""
MACHINE_BEATS = 20
"""Every how many writings the machine's metrics are written: once a minute."""
MAX_HELD = 1_000_000
"""Calls held in memory; older ones are forgotten when nothing can be written."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One call."""

    route: Route
    variant: str
    instances: int
    status: int
    """What the model said; 0 when it said nothing."""
    model: float
    """Seconds in the model."""
    overhead: float
    """Seconds on the way to it."""
    time: float


class Traffic:
    """The calls since the last writing."""

    def __init__(self, store: Store, routes: Routes) -> None:
        self._store = store
        self._routes = routes
        self._calls: deque[Measured] = deque(maxlen=MAX_HELD)
        self._stop = threading.Event()

    def add(self, call: Measured) -> None:
        """A call that is over."""
        self._calls.append(call)

    def start(self) -> None:
        """Writes from time to time from now on."""
        threading.Thread(target=self._run, name="traffic", daemon=True).start()

    def stop(self) -> None:
        """Writes what is left and ends."""
        self._stop.set()
        self.flush()

    def forget(self) -> None:
        """Drops what is held, after everything was emptied."""
        self._calls.clear()

    def _run(self) -> None:
        beat = 0
        while not self._stop.wait(INTERVAL):
            beat += 1
            try:
                self.flush()
                if beat % MACHINE_BEATS == 0:
                    self._measure()
            except Exception as error:  # the edge of a thread: measuring goes on
                if shortage.is_shortage(error):
                    log.warning("metrics of endpoints wait: %s", error)
                else:
                    log.exception("metrics of endpoints were not written")

    def flush(self) -> None:
        """Writes what is held, all or nothing."""
        worlds: dict[tuple[str, str], list[Point]] = {}
        taken = self._taken()
        for (route, variant, minute), calls in taken.items():
            points = worlds.setdefault((route.account, route.region), [])
            points += _points(route.name, variant, minute, calls)
        try:
            with self._store.database.transaction():
                for (account, region), points in worlds.items():
                    self._store.metrics.put(account, region, NAMESPACE, points)
        except Exception:
            self._calls.extendleft(call for calls in taken.values() for call in reversed(calls))
            raise

    def _measure(self) -> None:
        """What the machine had to do for each endpoint."""
        for route in self._routes.all():
            points = usage.taken(route)
            if points:
                self._store.metrics.put(route.account, route.region, usage.NAMESPACE, points)

    def _taken(self) -> dict[tuple[Route, str, float], list[Measured]]:
        found: dict[tuple[Route, str, float], list[Measured]] = {}
        while True:
            try:
                call = self._calls.popleft()
            except IndexError:
                return found
            found.setdefault((call.route, call.variant, math.floor(call.time)), []).append(call)


def _points(endpoint: str, variant: str, second: float, calls: list[Measured]) -> list[Point]:
    dimensions = {"EndpointName": endpoint, "VariantName": variant}
    count = float(len(calls))

    def counted(name: str, value: float) -> Point:
        """AWS gives the value 1 or 0 for each call: Sum counts, Average is a rate."""
        low, high = float(value == count), float(value > 0)
        return Point(name, dimensions, value / count, second, "None", count, low, high)

    found = [
        Point("Invocations", dimensions, 1.0, second, "None", count),
        Point("InvocationsPerInstance", dimensions, 1.0 / max(1, calls[-1].instances), second, "None", count),
        counted("Invocation4XXErrors", sum(400 <= call.status < 500 for call in calls)),
        counted("Invocation5XXErrors", sum(not 200 <= call.status < 500 for call in calls)),
        counted("InvocationModelErrors", sum(not 200 <= call.status < 300 for call in calls)),
    ]
    for name, seconds in (
        ("ModelLatency", [call.model for call in calls]),
        ("OverheadLatency", [call.overhead for call in calls]),
    ):
        for value, times in Counter(_rounded(one * 1e6) for one in seconds).items():
            found.append(Point(name, dimensions, value, second, "Microseconds", float(times)))
    return found


def _rounded(microseconds: float) -> float:
    """Three significant digits: percentiles stay, and many calls become few rows."""
    if microseconds < 1000:
        return float(round(microseconds / 10) * 10)
    digits = 2 - math.floor(math.log10(microseconds))
    return float(round(microseconds, digits))
