"""GetMetricData: several metrics at once, and arithmetic over them."""

from __future__ import annotations

from typing import Any

from oficina.services.cloudwatch import arithmetic
from oficina.services.cloudwatch.api import cloudwatch, dimensions_of, invalid
from oficina.services.cloudwatch.statistics import aligned, check_period, check_statistic, value_of
from oficina.services.context import Context

MOST = 100_800
"""The most datapoints of one answer (API reference of GetMetricData)."""

Line = dict[float, float]
"""Values by time."""


@cloudwatch.operation
def get_metric_data(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The values of metrics and of expressions, by time."""
    queries = request["MetricDataQueries"]
    if request["StartTime"] >= request["EndTime"]:
        raise invalid("The parameter StartTime must be less than the parameter EndTime.")
    lines: dict[str, Line] = {}
    for query in queries:
        if query["Id"] in lines:
            raise invalid(f"The values for parameter id in MetricDataQueries are not unique: {query['Id']}")
        if "MetricStat" in query:
            lines[query["Id"]] = _line(ctx, request, query["MetricStat"])
    for query in queries:
        if "MetricStat" not in query:
            lines[query["Id"]] = arithmetic.evaluate(query.get("Expression", ""), lines)
    return _page(request, [query for query in queries if query.get("ReturnData", True)], lines)


def _line(ctx: Context, request: dict[str, Any], stat: dict[str, Any]) -> Line:
    metric, period = stat["Metric"], check_period(stat["Period"])
    statistic = check_statistic(stat["Stat"])
    series = ctx.store.metrics.find(
        ctx.account,
        ctx.region,
        metric.get("Namespace", ""),
        metric.get("MetricName", ""),
        dimensions_of(metric),
    )
    if series is None:
        return {}
    start = aligned(request["StartTime"], period)
    buckets = ctx.store.metrics.buckets(series, start, request["EndTime"], period, stat.get("Unit"))
    return {bucket.time: value_of(ctx, series, bucket, period, statistic) for bucket in buckets}


def _label(query: dict[str, Any]) -> str:
    metric = query.get("MetricStat", {}).get("Metric", {})
    return str(query.get("Label") or metric.get("MetricName") or query["Id"])


def _page(request: dict[str, Any], queries: list[dict[str, Any]], lines: dict[str, Line]) -> dict[str, Any]:
    """Cuts the answer at the most datapoints; the token counts those that were given before."""
    newest_first = request.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    token = request.get("NextToken", "0")
    if not token.isdigit():
        raise invalid("The value for parameter NextToken is invalid.")
    skip, room = int(token), min(request.get("MaxDatapoints", MOST), MOST)
    given, results, more = skip, [], False
    for query in queries:
        times = sorted(lines[query["Id"]], reverse=newest_first)
        here = times[skip : skip + room]
        left = len(times) - skip - len(here)
        skip, room = max(0, skip - len(times)), room - len(here)
        more, given = more or left > 0, given + len(here)
        results.append(
            {
                "Id": query["Id"],
                "Label": _label(query),
                "Timestamps": here,
                "Values": [lines[query["Id"]][time] for time in here],
                "StatusCode": "PartialData" if left > 0 else "Complete",
            }
        )
    return {"MetricDataResults": results, "NextToken": str(given) if more else None, "Messages": []}
