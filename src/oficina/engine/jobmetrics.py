"""A training job's own metrics: found in its log by regular expressions, kept in CloudWatch and the job."""

from __future__ import annotations

from oficina.engine.logtail import LogTail
from oficina.engine.metrics import MetricReader
from oficina.store.documents import Scope
from oficina.store.kinds import Document, Kind
from oficina.store.metrics import Point
from oficina.store.store import Store


class JobMetrics:
    """Reads new log lines, puts the points into the metrics, and at the end the last values into the job."""

    def __init__(
        self,
        store: Store,
        docs: Scope,
        kind: Kind,
        name: str,
        definitions: list[Document],
        tails: list[LogTail],
        namespace: str,
        dimension: str,
    ) -> None:
        self._store, self._docs, self._kind, self._name = store, docs, kind, name
        self._reader = MetricReader(definitions)
        self._tails, self._namespace, self._dimension = tails, namespace, dimension
        self._last: dict[str, Point] = {}

    def __call__(self, last: bool) -> None:
        """Takes up what was logged since the last time."""
        points = []
        for tail in self._tails:
            for time, text in tail.lines():
                for name, value in self._reader.read(text):
                    points.append(Point(name, {self._dimension: self._name}, value, time, "None"))
        if points:
            self._store.metrics.put(self._docs.account, self._docs.region, self._namespace, points)
            self._last |= {point.name: point for point in points}
        if last and self._last:
            self._docs.update(self._kind, self._name, {"FinalMetricDataList": self._final()})

    def _final(self) -> list[Document]:
        return [
            {"MetricName": point.name, "Value": point.value, "Timestamp": point.time}
            for point in self._last.values()
        ]
