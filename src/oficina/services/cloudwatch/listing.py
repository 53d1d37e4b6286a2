"""ListMetrics."""

from __future__ import annotations

from typing import Any

from oficina.errors import AwsError
from oficina.services.cloudwatch.api import cloudwatch, shown
from oficina.services.context import Context

PAGE = 500
"""How many metrics one answer has (API reference of ListMetrics)."""
RECENT = 3 * 3600
"""What ``RecentlyActive=PT3H`` means, in seconds."""


@cloudwatch.operation
def list_metrics(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The metrics that were put."""
    token = request.get("NextToken", "0")
    if not token.isdigit():
        raise AwsError("InvalidNextToken", "Invalid nextToken")
    found = ctx.store.metrics.series(
        ctx.account,
        ctx.region,
        namespace=request.get("Namespace"),
        name=request.get("MetricName"),
        dimensions=[(one["Name"], one.get("Value")) for one in request.get("Dimensions", ())],
        since=ctx.clock.now() - RECENT if "RecentlyActive" in request else None,
        after=int(token),
        limit=PAGE + 1,
    )
    metrics = [
        {"Namespace": one.namespace, "MetricName": one.name, "Dimensions": shown(one.dimensions)}
        for one in found[:PAGE]
    ]
    return {"Metrics": metrics, "NextToken": str(found[PAGE - 1].id) if len(found) > PAGE else None}
