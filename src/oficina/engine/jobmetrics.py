"""A training job's own metrics: found in its log by regular expressions, kept in CloudWatch and the job."""

from __future__ import annotations

from pathlib import Path

from oficina.engine.linetail import LineTail
from oficina.engine.metrics import MetricReader
from oficina.store.documents import Scope
from oficina.store.kinds import Document, Kind
from oficina.store.metrics import Metrics, Point


class JobMetrics:
    """Reads new log lines, puts the points into the metrics, and at the end the last values into the job."""

    def __init__(
        self,
        metrics: Metrics,
        docs: Scope,
        kind: Kind,
        job: Document,
        namespace: str,
        logs: list[Path],
    ) -> None:
        self._metrics = metrics
        self._docs, self._kind, self._namespace = docs, kind, namespace
        self._name = str(job[kind.member("name")])
        self._dimensions = {kind.member("name"): self._name}
        self._reader = MetricReader(job["AlgorithmSpecification"]["MetricDefinitions"])
        self._tails = [LineTail(path) for path in logs]
        self._last: dict[str, Point] = {}

    def __call__(self, last: bool) -> None:
        """Takes up what was logged since the last time."""
        fresh = []
        for tail in self._tails:
            for line in tail.lines():
                points = self._points(line.text)
                self._last |= {point.name: point for point in points}
                if not line.seen:
                    fresh += points
        if fresh:
            self._metrics.put(self._docs.account, self._docs.region, self._namespace, fresh)
        for tail in self._tails:
            tail.take()
        if last and self._last:
            self._docs.update(self._kind, self._name, {"FinalMetricDataList": self._final()})

    def _points(self, line: str) -> list[Point]:
        moment, _, text = line.partition(" ")
        if not moment.isdigit():
            return []
        time = int(moment) / 1000
        return [Point(name, self._dimensions, value, time, "None") for name, value in self._reader.read(text)]

    def _final(self) -> list[Document]:
        return [
            {"MetricName": point.name, "Value": point.value, "Timestamp": point.time}
            for point in self._last.values()
        ]
