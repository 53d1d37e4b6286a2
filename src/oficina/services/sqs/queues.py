"""Queues: made, found, changed, emptied, deleted."""

from __future__ import annotations

from typing import Any

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.sqs import attributes, redrive
from oficina.services.sqs.api import QUEUE, TASK, of_url, queue_url, sqs
from oficina.services.sqs.attributes import is_fifo
from oficina.store.documents import Query
from oficina.store.kinds import Document

PURGE_SECONDS = 60
"""For how long a queue that was emptied is not emptied again (API reference of PurgeQueue)."""


@sqs.operation
def create_queue(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Makes a queue; the same one again is the same queue."""
    name, given = request["QueueName"], request.get("Attributes", {})
    fifo = is_fifo(name)
    attributes.check_name(name, given)
    attributes.check(given, fifo=fifo)
    redrive.check(ctx, name, given)
    known = ctx.docs.find(QUEUE, name)
    if known is not None:
        wanted = _set(known["Attributes"], given)
        different = [key for key in given if known["Attributes"].get(key) != wanted.get(key)]
        if different:
            raise AwsError(
                "QueueNameExists",
                "A queue already exists with the same name and a different value for attribute "
                f"{different[0]}",
            )
        return {"QueueUrl": queue_url(ctx, name)}
    defaults = attributes.DEFAULTS | (attributes.FIFO_DEFAULTS if fifo else {})
    tags = [{"Key": key, "Value": value} for key, value in request.get("tags", {}).items()]
    ctx.docs.create(QUEUE, {"QueueName": name, "Attributes": _set(defaults, given)}, Tags=tags)
    return {"QueueUrl": queue_url(ctx, name)}


def _set(old: dict[str, str], given: dict[str, str]) -> dict[str, str]:
    """Attributes with changes; an empty text takes a policy away, a key SQS's own encryption."""
    changed = old | given
    if given.get("KmsMasterKeyId"):
        changed["SqsManagedSseEnabled"] = "false"
    if given.get("RedrivePolicy"):
        changed["RedrivePolicy"] = redrive.plain(given["RedrivePolicy"])
    return {name: value for name, value in changed.items() if value}


@sqs.operation
def get_queue_url(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The URL of a queue by its name."""
    if request.get("QueueOwnerAWSAccountId", ctx.account) != ctx.account:
        raise QUEUE.not_found(request["QueueName"], "")
    return {"QueueUrl": queue_url(ctx, ctx.docs.get(QUEUE, request["QueueName"])["QueueName"])}


@sqs.operation
def list_queues(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The URLs of queues, by name."""
    prefix = request.get("QueueNamePrefix", "")
    query = Query(sort="Name", descending=False, size=1000)
    if prefix:
        query.where.append(("substr(name, 1, ?) = ?", (len(prefix), prefix)))
    asked: Document = {key: request[key] for key in ("MaxResults", "NextToken") if key in request}
    page = ctx.docs.page(QUEUE, asked, query)
    return {"QueueUrls": [queue_url(ctx, each["QueueName"]) for each in page.items], "NextToken": page.token}


@sqs.operation
def delete_queue(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets a queue with its messages."""
    queue = of_url(ctx, request)
    with ctx.docs.transaction():
        for task in ctx.docs.all(TASK, queue["QueueName"]):
            ctx.docs.delete(TASK, task["MessageMoveTaskArn"].rpartition("/")[2], queue["QueueName"])
        ctx.docs.delete(QUEUE, queue["QueueName"])
        ctx.store.messages.forget(queue["QueueArn"])


@sqs.operation
def purge_queue(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets a queue's messages; not twice in a minute, as in AWS."""
    with ctx.docs.transaction():
        queue, now = of_url(ctx, request), ctx.clock.now()
        name = queue["QueueName"]
        if now - queue.get("PurgedTime", 0) < PURGE_SECONDS:
            raise AwsError(
                "PurgeQueueInProgress",
                f"Only one PurgeQueue operation on {name} is allowed every {PURGE_SECONDS} seconds.",
                403,
            )
        ctx.store.messages.purge(queue["QueueArn"])
        changes = {"PurgedTime": now, "LastModifiedTime": queue["LastModifiedTime"]}  # only attributes count
        ctx.docs.update(QUEUE, name, changes)


@sqs.operation
def get_queue_attributes(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """What a queue is like, and how many messages it has about now."""
    queue = of_url(ctx, request)
    every = _attributes(ctx, queue)
    asked = request.get("AttributeNames", [])
    attributes.check_names(asked)
    if "All" in asked:
        return {"Attributes": every}
    return {"Attributes": {name: every[name] for name in asked if name in every} or None}


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
    queue, given = of_url(ctx, request), request["Attributes"]
    name = queue["QueueName"]
    attributes.check(given, fifo=is_fifo(name))
    attributes.check_change(queue["Attributes"], given)
    redrive.check(ctx, name, given)
    ctx.docs.update(QUEUE, name, {"Attributes": _set(queue["Attributes"], given)})
