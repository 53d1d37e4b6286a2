"""Points put, and statistics of one metric by period."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from oficina.errors import AwsError
from oficina.services.cloudwatch.api import cloudwatch, conflicting, dimensions_of, invalid
from oficina.services.context import Context
from oficina.store.metrics import Bucket, Point, Series

MOST_DATAPOINTS = 1440
"""The most datapoints of one answer (API reference of GetMetricStatistics)."""
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")

STATISTICS: dict[str, Callable[[Bucket], float]] = {
    "SampleCount": lambda bucket: bucket.count,
    "Average": lambda bucket: bucket.average,
    "Sum": lambda bucket: bucket.total,
    "Minimum": lambda bucket: bucket.low,
    "Maximum": lambda bucket: bucket.high,
}


@cloudwatch.operation
def put_metric_data(ctx: Context, request: dict[str, Any]) -> None:
    """Adds points."""
    if not request.get("MetricData") and not request.get("EntityMetricData"):
        raise AwsError("MissingParameter", "The parameter MetricData is required.")
    data = list(request.get("MetricData", ()))
    for entity in request.get("EntityMetricData", ()):
        data += entity.get("MetricData", ())
    points: list[Point] = []
    for number, datum in enumerate(data, start=1):
        points += _points(f"MetricData.member.{number}", datum, ctx.clock.now())
    ctx.store.metrics.put(ctx.account, ctx.region, request["Namespace"], points)


def _points(path: str, datum: dict[str, Any], now: float) -> list[Point]:
    given = [name for name in ("Value", "Values", "StatisticValues") if datum.get(name) is not None]
    if len(given) > 1:
        raise conflicting(
            f"The parameters {path}.{given[0]} and {path}.{given[1]} are mutually exclusive and you have"
            " specified both."
        )
    if not given:
        raise conflicting(f"At least one of the parameters must be specified. {path}.Value")
    name, dimensions = datum["MetricName"], dimensions_of(datum)
    time, unit = datum.get("Timestamp", now), datum.get("Unit", "None")
    if "StatisticValues" in datum:
        found = datum["StatisticValues"]
        count = _finite(path, found["SampleCount"])
        if count <= 0:
            raise invalid(f"The value {count} for parameter {path}.StatisticValues.SampleCount is invalid.")
        mean = _finite(path, found["Sum"]) / count
        low, high = _finite(path, found["Minimum"]), _finite(path, found["Maximum"])
        return [Point(name, dimensions, mean, time, unit, count, low, high)]
    values = datum["Values"] if "Values" in datum else [datum["Value"]]
    counts = datum.get("Counts") or [1.0] * len(values)
    if len(counts) != len(values):
        raise invalid(f"The parameters {path}.Values and {path}.Counts must be of the same size.")
    return [
        Point(name, dimensions, _finite(path, value), time, unit, count)
        for value, count in zip(values, counts, strict=True)
    ]


def _finite(path: str, value: float) -> float:
    if not math.isfinite(value):
        raise invalid(f"The value {value} for parameter {path}.Value is invalid.")
    return value


@cloudwatch.operation
def get_metric_statistics(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Statistics of one metric by period."""
    wanted, extended = request.get("Statistics", []), request.get("ExtendedStatistics", [])
    if not wanted and not extended:
        raise conflicting("At least one of Statistics or ExtendedStatistics must be specified.")
    start, end, period = request["StartTime"], request["EndTime"], check_period(request["Period"])
    if start >= end:
        raise conflicting("The parameter StartTime must be less than the parameter EndTime.")
    start = aligned(start, period)
    if (end - start) / period > MOST_DATAPOINTS:
        raise conflicting(
            f"You have requested up to {math.ceil((end - start) / period):,} datapoints, which exceeds the "
            f"limit of {MOST_DATAPOINTS:,}. You may reduce the datapoints requested by increasing Period, or "
            "decreasing the time range."
        )
    name = request["MetricName"]
    series = ctx.store.metrics.find(
        ctx.account, ctx.region, request["Namespace"], name, dimensions_of(request)
    )
    points: list[dict[str, Any]] = []
    if series is not None:
        for bucket in ctx.store.metrics.buckets(series, start, end, period, request.get("Unit")):
            point: dict[str, Any] = {"Timestamp": bucket.time, "Unit": bucket.unit}
            point |= {statistic: STATISTICS[statistic](bucket) for statistic in wanted}
            if extended:
                point["ExtendedStatistics"] = {
                    statistic: value_of(ctx, series, bucket, period, statistic) for statistic in extended
                }
            points.append(point)
    return {"Label": name, "Datapoints": points}


def check_period(period: int) -> int:
    """A legal period. Raises AwsError as CloudWatch does."""
    if period in (1, 5, 10, 20, 30) or (period >= 60 and period % 60 == 0):
        return period
    raise invalid("The parameter Period must be 1, 5, 10, 20, 30, or a multiple of 60.")


def aligned(start: float, period: int) -> float:
    """A start time rounded down to the full minute (or period, when that is shorter), as CloudWatch does."""
    grain = min(period, 60)
    return math.floor(start / grain) * float(grain)


def check_statistic(statistic: str) -> str:
    """A statistic that oficina computes. Raises AwsError for others."""
    if statistic in STATISTICS or _PERCENTILE.fullmatch(statistic):
        return statistic
    raise invalid(
        f"The value {statistic} for parameter Stat is not supported: oficina computes "
        f"{', '.join(STATISTICS)} and percentiles such as p99 or p99.9."
    )


def value_of(ctx: Context, series: Series, bucket: Bucket, period: int, statistic: str) -> float:
    """A statistic of one period."""
    simple = STATISTICS.get(check_statistic(statistic))
    if simple is not None:
        return simple(bucket)
    values = ctx.store.metrics.values(series, bucket.time, bucket.time + period, bucket.unit)
    return percentile(values, float(statistic[1:])) if values else bucket.average


def percentile(values: list[tuple[float, float]], percent: float) -> float:
    """The smallest of the sorted values (each with its count) that ``percent`` of all do not exceed."""
    wanted, seen = percent / 100 * sum(count for _, count in values), 0.0
    for value, count in values:
        seen += count
        if seen >= wanted - 1e-9:
            return value
    return values[-1][0]
