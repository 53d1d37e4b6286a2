"""Dead letters: messages that were received too often, where they go, and how they come back."""

from __future__ import annotations

import base64
from typing import Any

import orjson

from oficina import arns
from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.sqs.api import QUEUE, TASK, bad_value, of_url, queue_url, sqs
from oficina.services.sqs.attributes import is_fifo
from oficina.store.documents import Query
from oficina.store.kinds import Document
from oficina.store.messages import DeadLetters

MOST_RECEIVES = 1000
"""The largest maxReceiveCount (developer guide, "Dead-letter queues")."""


def check(ctx: Context, name: str, attributes: dict[str, str]) -> None:
    """Refuses a RedrivePolicy or a RedriveAllowPolicy that cannot be."""
    for attribute in ("RedrivePolicy", "RedriveAllowPolicy"):
        if attributes.get(attribute):
            _parsed(attribute, attributes[attribute])
    if attributes.get("RedrivePolicy"):
        _check_target(ctx, name, attributes["RedrivePolicy"])


def _parsed(attribute: str, text: str) -> Document:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise _bad(attribute, text, "Policy is not a valid JSON map.")
    return found


def _bad(attribute: str, text: str, reason: str) -> AwsError:
    return bad_value(f"Value {text} for parameter {attribute} is invalid. Reason: {reason}")


def _check_target(ctx: Context, name: str, text: str) -> None:
    policy = _parsed("RedrivePolicy", text)
    if set(policy) != {"deadLetterTargetArn", "maxReceiveCount"}:
        raise _bad("RedrivePolicy", text, "It must name deadLetterTargetArn and maxReceiveCount.")
    most = str(policy["maxReceiveCount"])
    if not (most.isascii() and most.isdigit()) or not 1 <= int(most) <= MOST_RECEIVES:
        reason = f"Invalid value for maxReceiveCount: {most}, valid values are from 1 to {MOST_RECEIVES} "
        raise _bad("RedrivePolicy", text, reason + "both inclusive.")
    arn = str(policy["deadLetterTargetArn"])
    if arns.parse(arn) is None:
        raise _bad("RedrivePolicy", text, "Invalid value for deadLetterTargetArn.")
    target = ctx.docs.find_arn(arn)
    if target is None or "QueueArn" not in target:
        raise _bad("RedrivePolicy", text, "Dead letter target does not exist.")
    if is_fifo(name) != is_fifo(target["QueueName"]):
        raise _bad("RedrivePolicy", text, "Dead-letter queue must be same type of queue as the source.")
    if not _allows(target, ctx.docs.arn(QUEUE, name)):
        raise _bad("RedrivePolicy", text, "Queue does not have permissions to set the dead letter queue.")


def plain(text: str) -> str:
    """A RedrivePolicy that was checked as SQS tells it: the count is a number, however it was written."""
    policy = _parsed("RedrivePolicy", text)
    return orjson.dumps(policy | {"maxReceiveCount": int(policy["maxReceiveCount"])}).decode()


def _allows(target: Document, source: str) -> bool:
    """Whether a queue takes the dead letters of another (by ARN)."""
    text = target["Attributes"].get("RedriveAllowPolicy")
    policy = _parsed("RedriveAllowPolicy", text) if text else {}
    permission = policy.get("redrivePermission", "allowAll")
    return permission == "allowAll" or (
        permission == "byQueue" and source in policy.get("sourceQueueArns", [])
    )


def dead_letters(ctx: Context, queue: Document) -> DeadLetters | None:
    """Where a queue's dead letters go; None when they go nowhere."""
    text = queue["Attributes"].get("RedrivePolicy")
    if not text:
        return None
    policy = _parsed("RedrivePolicy", text)
    target = ctx.docs.find_arn(str(policy["deadLetterTargetArn"]))
    if target is None:  # deleted since
        return None
    return DeadLetters(target["QueueArn"], _retention(target), int(policy["maxReceiveCount"]))


def _retention(queue: Document) -> float:
    return float(queue["Attributes"]["MessageRetentionPeriod"])


@sqs.operation
def list_dead_letter_source_queues(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The URLs of the queues whose dead letters come to a queue."""
    target = of_url(ctx, request)["QueueArn"]
    policy = "json_extract(body, '$.Attributes.RedrivePolicy')"
    query = Query(sort="Name", descending=False, size=1000)
    query.where.append((f"json_extract({policy}, '$.deadLetterTargetArn')=?", (target,)))
    asked: Document = {key: request[key] for key in ("MaxResults", "NextToken") if key in request}
    page = ctx.docs.page(QUEUE, asked, query)
    return {"queueUrls": [queue_url(ctx, each["QueueName"]) for each in page.items], "NextToken": page.token}


@sqs.operation
def start_message_move_task(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Moves dead letters to where they came from, or to another queue; here at once, in one transaction."""
    source = _queue(ctx, request["SourceArn"])
    arn = source["QueueArn"]
    if not any(_sends_to(queue, arn) for queue in ctx.docs.all(QUEUE)):
        raise bad_value("Source queue must be configured as a Dead Letter Queue.")
    target = _queue(ctx, request["DestinationArn"]) if "DestinationArn" in request else None
    handle = {"taskId": ctx.request_id, "sourceArn": arn}
    task = {key: request[key] for key in ("DestinationArn", "MaxNumberOfMessagesPerSecond") if key in request}
    with ctx.docs.transaction():
        messages = ctx.store.messages
        if target is not None:
            moved = messages.move(arn, target["QueueArn"], keep=_retention(target))
        else:
            homes = [each for each in map(ctx.docs.find_arn, messages.sources(arn)) if each is not None]
            moved = sum(
                messages.move(arn, home["QueueArn"], keep=_retention(home), source=home["QueueArn"])
                for home in homes
            )
        ctx.docs.create(TASK, task | {"moved": moved}, name=ctx.request_id, parent=source["QueueName"])
    return {"TaskHandle": base64.b64encode(orjson.dumps(handle)).decode()}


def _queue(ctx: Context, arn: str) -> Document:
    parts = arns.parse(arn)
    if parts is None or parts.service != "sqs":
        raise AwsError("InvalidAddress", f"The address {arn} is not valid for this endpoint.")
    found = ctx.docs.find(QUEUE, parts.resource)
    if found is None or found["QueueArn"] != arn:
        sentence = "The resource that you specified for the SourceArn parameter doesn't exist."
        raise AwsError("ResourceNotFoundException", sentence, 404)
    return found


def _sends_to(queue: Document, target: str) -> bool:
    text = queue["Attributes"].get("RedrivePolicy")
    return bool(text) and _parsed("RedrivePolicy", text).get("deadLetterTargetArn") == target


@sqs.operation
def list_message_move_tasks(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The last moves out of a queue, newest first; each was complete when it was answered."""
    source = _queue(ctx, request["SourceArn"])
    page = ctx.docs.page(
        TASK, {"MaxResults": request.get("MaxResults", 1)}, Query(parent=source["QueueName"])
    )
    return {"Results": [_shown(source["QueueArn"], task) for task in page.items]}


def _shown(source: str, task: Document) -> Document:
    told: Document = {
        key: task[key] for key in ("DestinationArn", "MaxNumberOfMessagesPerSecond") if key in task
    }
    return {
        "Status": "COMPLETED",
        "SourceArn": source,
        "ApproximateNumberOfMessagesMoved": task["moved"],
        "ApproximateNumberOfMessagesToMove": task["moved"],
        "StartedTimestamp": int(task["CreationTime"] * 1000),
        **told,
    }


@sqs.operation
def cancel_message_move_task(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Refused: a move is complete when it is answered, so none is running."""
    raise AwsError("ResourceNotFoundException", "Task does not exist or is not running.", 404)
