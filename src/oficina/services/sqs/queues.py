"""Queues and their attributes."""

from __future__ import annotations

import re
from typing import Any

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.sqs.api import QUEUE, bad_value, of_url, sqs
from oficina.store.documents import Query
from oficina.store.kinds import Document

DEFAULTS = {
    "VisibilityTimeout": "30",
    "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600",
    "DelaySeconds": "0",
    "ReceiveMessageWaitTimeSeconds": "0",
    "SqsManagedSseEnabled": "true",
}
RANGES = {
    "VisibilityTimeout": (0, 43_200),
    "MaximumMessageSize": (1024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "DelaySeconds": (0, 900),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
}
"""What the attributes that are numbers may be (API reference of CreateQueue)."""
KEPT = ("Policy", "SqsManagedSseEnabled", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds")
"""Attributes that are kept and told, and change nothing here."""
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")


@sqs.operation
def create_queue(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Makes a queue; the same one again is the same queue."""
    name = request["QueueName"]
    if name.endswith(".fifo"):
        raise bad_value("oficina has no FIFO queues yet. Give the queue a name without .fifo.")
    if not _NAME.fullmatch(name):
        raise bad_value(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        )
    given = request.get("Attributes", {})
    _check(given)
    known = ctx.docs.find(QUEUE, name)
    if known is not None:
        different = [key for key, value in given.items() if known["Attributes"].get(key) != value]
        if different:
            raise AwsError(
                "QueueNameExists",
                "A queue already exists with the same name and a different value for attribute "
                f"{different[0]}",
            )
        return {"QueueUrl": url(ctx, name)}
    tags = [{"Key": key, "Value": value} for key, value in request.get("tags", {}).items()]
    ctx.docs.create(QUEUE, {"QueueName": name, "Attributes": DEFAULTS | given}, Tags=tags)
    return {"QueueUrl": url(ctx, name)}


def url(ctx: Context, name: str) -> str:
    """A queue's URL, on the host that the client has asked."""
    host = ctx.headers.get("host")
    root = f"http://{host}" if host else f"https://sqs.{ctx.region}.amazonaws.com"
    return f"{root}/{ctx.account}/{name}"


def _check(attributes: dict[str, str]) -> None:
    for name, value in attributes.items():
        if name in RANGES:
            low, high = RANGES[name]
            if not value.isdecimal() or not low <= int(value) <= high:
                raise AwsError("InvalidAttributeValue", f"Invalid value for the parameter {name}.")
        elif name not in KEPT:
            raise AwsError("InvalidAttributeName", f"oficina has no queue attribute {name} yet.")


@sqs.operation
def get_queue_url(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The URL of a queue by its name."""
    if request.get("QueueOwnerAWSAccountId", ctx.account) != ctx.account:
        raise QUEUE.not_found(request["QueueName"], "")
    return {"QueueUrl": url(ctx, ctx.docs.get(QUEUE, request["QueueName"])["QueueName"])}


@sqs.operation
def list_queues(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The URLs of queues, by name."""
    prefix = request.get("QueueNamePrefix", "")
    query = Query(sort="Name", descending=False, size=1000)
    if prefix:
        query.where.append(("substr(name, 1, ?) = ?", (len(prefix), prefix)))
    asked: Document = {key: request[key] for key in ("MaxResults", "NextToken") if key in request}
    page = ctx.docs.page(QUEUE, asked, query)
    return {"QueueUrls": [url(ctx, each["QueueName"]) for each in page.items], "NextToken": page.token}


@sqs.operation
def delete_queue(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets a queue with its messages."""
    queue = of_url(ctx, request)
    with ctx.docs.transaction():
        ctx.docs.delete(QUEUE, queue["QueueName"])
        ctx.store.messages.purge(queue["QueueArn"])


@sqs.operation
def purge_queue(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets a queue's messages."""
    ctx.store.messages.purge(of_url(ctx, request)["QueueArn"])


@sqs.operation
def get_queue_attributes(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """What a queue is like, and how many messages it has about now."""
    queue = of_url(ctx, request)
    every = _attributes(ctx, queue)
    asked = request.get("AttributeNames", [])
    if "All" in asked:
        return {"Attributes": every}
    return {"Attributes": {name: every[name] for name in asked if name in every}}


def _attributes(ctx: Context, queue: Document) -> dict[str, str]:
    count = ctx.store.messages.count(queue["QueueArn"])
    return {
        **queue["Attributes"],
        "QueueArn": queue["QueueArn"],
        "ApproximateNumberOfMessages": str(count.visible),
        "ApproximateNumberOfMessagesNotVisible": str(count.hidden),
        "ApproximateNumberOfMessagesDelayed": str(count.delayed),
        "CreatedTimestamp": str(int(queue["CreationTime"])),
        "LastModifiedTimestamp": str(int(queue["LastModifiedTime"])),
    }


@sqs.operation
def set_queue_attributes(ctx: Context, request: dict[str, Any]) -> None:
    """Changes attributes."""
    queue = of_url(ctx, request)
    _check(request["Attributes"])
    changes = {"Attributes": queue["Attributes"] | request["Attributes"]}
    ctx.docs.update(QUEUE, queue["QueueName"], changes)
