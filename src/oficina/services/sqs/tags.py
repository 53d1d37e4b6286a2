"""Tags of queues."""

from __future__ import annotations

from typing import Any

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.sqs.api import bad_value, of_url, sqs

MOST = 50
"""How many tags a queue may have (developer guide, "Cost allocation tags")."""


@sqs.operation
def tag_queue(ctx: Context, request: dict[str, Any]) -> None:
    """Sets tags: a queue has up to fifty."""
    queue = of_url(ctx, request)
    if not request["Tags"]:
        raise AwsError("MissingParameter", "The request must contain the parameter Tags.")
    tags = [{"Key": key, "Value": value} for key, value in request["Tags"].items()]
    with ctx.docs.transaction():
        ctx.docs.tag(queue["QueueArn"], tags)
        if len(ctx.docs.tags(queue["QueueArn"])) > MOST:
            raise bad_value(f"Too many tags added for queue {queue['QueueName']}.")


@sqs.operation
def untag_queue(ctx: Context, request: dict[str, Any]) -> None:
    """Removes tags."""
    queue = of_url(ctx, request)
    if not request["TagKeys"]:
        raise bad_value("Tag keys must be between 1 and 128 characters in length.")
    ctx.docs.untag(queue["QueueArn"], request["TagKeys"])


@sqs.operation
def list_queue_tags(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The tags of a queue."""
    tags = ctx.docs.tags(of_url(ctx, request)["QueueArn"])
    return {"Tags": {tag["Key"]: tag["Value"] for tag in tags} or None}
