"""Machine metrics of a job: what its supervisor measured, as CloudWatch points under AWS's names."""

from __future__ import annotations

from pathlib import Path

import orjson

from oficina.engine.linetail import LineTail
from oficina.store.metrics import Point
from oficina.store.store import Store

NAMES = {
    "cpu_percent": "CPUUtilization",
    "memory_percent": "MemoryUtilization",
    "disk_percent": "DiskUtilization",
}
"""AWS's names of what is measured (developer guide, "Amazon SageMaker AI metrics in Amazon CloudWatch")."""


class MachineMetrics:
    """Puts the new lines of ``usage.jsonl`` into the metrics; in percent."""

    def __init__(
        self, store: Store, account: str, region: str, namespace: str, job: str, folder: Path
    ) -> None:
        self._store, self._account, self._region, self._namespace = store, account, region, namespace
        self._job, self._tail = job, LineTail(folder / "usage.jsonl")

    def __call__(self, last: bool) -> None:
        """Takes up what was measured since the last time."""
        points = [
            point
            for line in self._tail.lines()
            if not line.seen
            for point in self._points(orjson.loads(line.text))
        ]
        if points:
            self._store.metrics.put(self._account, self._region, self._namespace, points)
        self._tail.take()

    def _points(self, measured: dict[str, object]) -> list[Point]:
        dimensions = {"Host": f"{self._job}/{measured['host']}"}
        time = float(str(measured["time"]))
        return [
            Point(name, dimensions, float(str(measured[key])), time, "Percent")
            for key, name in NAMES.items()
            if measured.get(key) is not None
        ]
