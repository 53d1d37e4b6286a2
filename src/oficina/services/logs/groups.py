"""Log groups."""

from __future__ import annotations

import sqlite3
from typing import Any

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.logs.api import from_arn, logs, pack, unpack

PAGE = 50
"""What DescribeLogGroups answers when no limit is given (API reference)."""


def group_arn(ctx: Context, name: str) -> str:
    """The ARN of a group, as tags know it."""
    return ctx.arn("logs", f"log-group:{name}")


@logs.operation
def create_log_group(ctx: Context, request: dict[str, Any]) -> None:
    """Makes a group."""
    name = request["logGroupName"]
    made = ctx.store.logs.create_group(
        ctx.account, ctx.region, name, request.get("kmsKeyId"), request.get("logGroupClass", "STANDARD")
    )
    if not made:
        raise AwsError("ResourceAlreadyExistsException", "The specified log group already exists")
    tags = [{"Key": key, "Value": value} for key, value in request.get("tags", {}).items()]
    ctx.docs.tag(group_arn(ctx, name), tags)


@logs.operation
def delete_log_group(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets a group and its streams."""
    name = request["logGroupName"]
    ctx.store.logs.delete_group(ctx.account, ctx.region, name)
    arn = group_arn(ctx, name)
    ctx.docs.untag(arn, [tag["Key"] for tag in ctx.docs.tags(arn)])


@logs.operation
def describe_log_groups(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The groups by name."""
    if "logGroupIdentifiers" in request:
        names = [from_arn(identifier) for identifier in request["logGroupIdentifiers"]]
        rows = [ctx.store.logs.group(ctx.account, ctx.region, name) for name in names]
        return {"logGroups": [_shown(ctx, row) for row in rows]}
    limit = request.get("limit", PAGE)
    rows = ctx.store.logs.groups(
        ctx.account,
        ctx.region,
        request.get("logGroupNamePrefix", ""),
        request.get("logGroupNamePattern", ""),
        unpack(request.get("nextToken")),
        limit + 1,
    )
    token = pack(rows[limit - 1]["name"]) if len(rows) > limit else None
    return {"logGroups": [_shown(ctx, row) for row in rows[:limit]], "nextToken": token}


def _shown(ctx: Context, row: sqlite3.Row) -> dict[str, Any]:
    arn = group_arn(ctx, row["name"])
    return {
        "logGroupName": row["name"],
        "creationTime": row["created"],
        "retentionInDays": row["retention"],
        "metricFilterCount": 0,
        "arn": f"{arn}:*",
        "logGroupArn": arn,
        "storedBytes": ctx.store.logs.stored_bytes(row["id"]),
        "kmsKeyId": row["kms_key"],
        "logGroupClass": row["class"],
    }


@logs.operation
def put_retention_policy(ctx: Context, request: dict[str, Any]) -> None:
    """Keeps how long a group keeps its events."""
    ctx.store.logs.set_retention(ctx.account, ctx.region, request["logGroupName"], request["retentionInDays"])


@logs.operation
def delete_retention_policy(ctx: Context, request: dict[str, Any]) -> None:
    """Lets a group keep its events for ever."""
    ctx.store.logs.set_retention(ctx.account, ctx.region, request["logGroupName"], None)
