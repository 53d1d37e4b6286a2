"""Tags of log groups, in both generations of the operations."""

from __future__ import annotations

from typing import Any

from oficina.services.context import Context
from oficina.services.logs.api import from_arn, logs
from oficina.services.logs.groups import group_arn


def _known(ctx: Context, name: str) -> str:
    ctx.store.logs.group(ctx.account, ctx.region, name)
    return group_arn(ctx, name)


def _tags(ctx: Context, arn: str) -> dict[str, Any]:
    return {"tags": {tag["Key"]: tag["Value"] for tag in ctx.docs.tags(arn)}}


def _tag(ctx: Context, arn: str, tags: dict[str, str]) -> None:
    ctx.docs.tag(arn, [{"Key": key, "Value": value} for key, value in tags.items()])


@logs.operation
def tag_resource(ctx: Context, request: dict[str, Any]) -> None:
    """Sets tags on a group by ARN."""
    _tag(ctx, _known(ctx, from_arn(request["resourceArn"])), request["tags"])


@logs.operation
def untag_resource(ctx: Context, request: dict[str, Any]) -> None:
    """Removes tags from a group by ARN."""
    ctx.docs.untag(_known(ctx, from_arn(request["resourceArn"])), request["tagKeys"])


@logs.operation
def list_tags_for_resource(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The tags of a group by ARN."""
    return _tags(ctx, _known(ctx, from_arn(request["resourceArn"])))


@logs.operation
def tag_log_group(ctx: Context, request: dict[str, Any]) -> None:
    """Sets tags on a group by name."""
    _tag(ctx, _known(ctx, request["logGroupName"]), request["tags"])


@logs.operation
def untag_log_group(ctx: Context, request: dict[str, Any]) -> None:
    """Removes tags from a group by name."""
    ctx.docs.untag(_known(ctx, request["logGroupName"]), request["tags"])


@logs.operation
def list_tags_log_group(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The tags of a group by name."""
    return _tags(ctx, _known(ctx, request["logGroupName"]))
