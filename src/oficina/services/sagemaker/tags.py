"""Tags of any SageMaker resource."""

from __future__ import annotations

from typing import Any

from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker


@sagemaker.operation
def add_tags(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Sets tags and answers all that the resource has."""
    arn = request["ResourceArn"]
    ctx.docs.tag(arn, request["Tags"])
    return {"Tags": ctx.docs.tags(arn)}


@sagemaker.operation
def list_tags(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The tags of a resource."""
    return {"Tags": ctx.docs.tags(request["ResourceArn"])}


@sagemaker.operation
def delete_tags(ctx: Context, request: dict[str, Any]) -> None:
    """Removes tags by key."""
    ctx.docs.untag(request["ResourceArn"], request["TagKeys"])
