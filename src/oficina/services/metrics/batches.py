"""Metrics in batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oficina.services.context import Context
from oficina.services.metrics.api import metrics
from oficina.store.experiments import Measure
from oficina.store.kinds import Document

_STATISTICS: dict[str, Callable[[list[float]], float]] = {
    "Min": min,
    "Max": max,
    "Avg": lambda values: sum(values) / len(values),
    "Count": lambda values: float(len(values)),
    "StdDev": lambda values: _deviation(values),
    "Last": lambda values: values[-1],
}
_PERIODS = {"OneMinute": 60, "FiveMinute": 300, "OneHour": 3600, "IterationNumber": 1}


def _deviation(values: list[float]) -> float:
    mean = sum(values) / len(values)
    return float((sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5)


@metrics.operation
def batch_put_metrics(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps values of a trial component; an error for each value that has no component to go to."""
    name = request["TrialComponentName"]
    arn = ctx.arn("sagemaker", f"experiment-trial-component/{name.lower()}")
    if ctx.docs.find_arn(arn) is None:
        every = range(len(request["MetricData"]))
        return {"Errors": [{"Code": "VALIDATION_ERROR", "MetricIndex": index} for index in every]}
    measures = [
        Measure(each["MetricName"], each["Value"], each["Timestamp"], each.get("Step"))
        for each in request["MetricData"]
    ]
    ctx.store.experiments.put(arn, measures)
    return {"Errors": []}


@metrics.operation
def batch_get_metrics(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Values of metrics, summed up by step or by time."""
    return {"MetricQueryResults": [_result(ctx, query) for query in request["MetricQueries"]]}


def _result(ctx: Context, query: Document) -> Document:
    if ctx.docs.find_arn(query["ResourceArn"]) is None:
        message = f"The resource {query['ResourceArn']} does not exist."
        return {"Status": "ValidationError", "Message": message, "XAxisValues": [], "MetricValues": []}
    found = ctx.store.experiments.values(query["ResourceArn"], query["MetricName"])
    by_step = query["XAxisType"] == "IterationNumber"
    period = 1 if by_step else _PERIODS[query["Period"]]
    groups: dict[int, list[float]] = {}
    for number, measure in enumerate(found):
        place = (measure.step if measure.step is not None else number) if by_step else int(measure.time)
        place = place // period * period
        if query.get("Start", place) <= place <= query.get("End", place):
            groups.setdefault(place, []).append(measure.value)
    statistic = _STATISTICS[query["MetricStat"]]
    places = sorted(groups)
    return {
        "Status": "Complete",
        "XAxisValues": places,
        "MetricValues": [statistic(groups[place]) for place in places],
    }
