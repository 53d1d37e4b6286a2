"""Tags of functions."""

from __future__ import annotations

from typing import Any

from oficina.services.context import Context
from oficina.services.lambda_ import names
from oficina.services.lambda_.api import lambda_


@lambda_.operation
def tag_resource(ctx: Context, request: dict[str, Any]) -> None:
    """Sets tags."""
    function = names.get(ctx, request["Resource"])
    tags = [{"Key": key, "Value": value} for key, value in request["Tags"].items()]
    ctx.docs.tag(function["FunctionArn"], tags)


@lambda_.operation
def untag_resource(ctx: Context, request: dict[str, Any]) -> None:
    """Removes tags."""
    ctx.docs.untag(names.get(ctx, request["Resource"])["FunctionArn"], request["TagKeys"])


@lambda_.operation
def list_tags(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The tags of a function."""
    function = names.get(ctx, request["Resource"])
    return {"Tags": {tag["Key"]: tag["Value"] for tag in ctx.docs.tags(function["FunctionArn"])}}
