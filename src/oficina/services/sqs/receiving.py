"""Messages received, hidden for longer or no more, and deleted."""

from __future__ import annotations

import re
from typing import Any

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.sqs import batches, message_attributes
from oficina.services.sqs.api import bad_value, of_url, sqs, within
from oficina.services.sqs.attributes import is_fifo
from oficina.services.sqs.redrive import dead_letters
from oficina.store.kinds import Document

LONGEST_WAIT = 20
LONGEST_HIDING = 43_200
"""Limits of ReceiveMessage in seconds (API reference)."""
_MOST = "Must be between {low} and {high}, if provided."
_HANDLE = re.compile(r"[A-Za-z0-9_-]{64}")


@sqs.operation
def receive_message(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Messages, hidden from others for a while; waits for one where it is asked to."""
    queue = of_url(ctx, request)
    attributes = queue["Attributes"]
    default_wait = int(attributes["ReceiveMessageWaitTimeSeconds"])
    found = ctx.store.messages.receive(
        queue["QueueArn"],
        most=within(request, "MaxNumberOfMessages", 1, 1, batches.MOST_AT_ONCE, _MOST),
        hide=within(request, "VisibilityTimeout", int(attributes["VisibilityTimeout"]), 0, LONGEST_HIDING),
        wait=within(request, "WaitTimeSeconds", default_wait, 0, LONGEST_WAIT),
        dead=dead_letters(ctx, queue),
    )
    return {"Messages": [_shown(message, request) for message in found] or None}


def _shown(message: Document, request: Document) -> Document:
    told = {key: message[key] for key in ("MessageId", "Body", "MD5OfBody")}
    told["ReceiptHandle"] = message["receipt"]
    asked = {*request.get("AttributeNames", []), *request.get("MessageSystemAttributeNames", [])}
    system = {name: value for name, value in _system(message).items() if name in asked or "All" in asked}
    if system:
        told["Attributes"] = system
    wanted = message_attributes.wanted(
        message.get("MessageAttributes", {}), request.get("MessageAttributeNames", [])
    )
    if wanted:
        told["MessageAttributes"] = wanted
        told["MD5OfMessageAttributes"] = message_attributes.digest(wanted)
    return told


def _system(message: Document) -> dict[str, str]:
    """What SQS itself says of a message."""
    every = {
        "SenderId": message["sender"],
        "SentTimestamp": str(int(message["sent"] * 1000)),
        "ApproximateReceiveCount": str(message["received"]),
        "ApproximateFirstReceiveTimestamp": str(int(message["first"] * 1000)),
        **message["system"],
    }
    if "MessageDeduplicationId" in every:
        every["SequenceNumber"] = f"{message['number']:020d}"
    if message["source"]:
        every["DeadLetterQueueSourceArn"] = message["source"]
    return every


@sqs.operation
def delete_message(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets a message that was received."""
    _delete(ctx, of_url(ctx, request), request)


@sqs.operation
def delete_message_batch(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Forgets up to ten messages."""
    queue = of_url(ctx, request)
    return batches.done(request, "DeleteMessageBatchRequestEntry", lambda entry: _delete(ctx, queue, entry))


def _delete(ctx: Context, queue: Document, request: Document) -> None:
    handle = _handle(request)
    if is_fifo(queue["QueueName"]) and ctx.store.messages.came_back(queue["QueueArn"], handle):
        raise bad_value(
            f"Value {handle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired."
        )
    ctx.store.messages.delete(queue["QueueArn"], handle)


def _handle(request: Document) -> str:
    handle = str(request["ReceiptHandle"])
    if not _HANDLE.fullmatch(handle):
        raise AwsError(
            "ReceiptHandleIsInvalid", f'The input receipt handle "{handle}" is not a valid receipt handle.'
        )
    return handle


@sqs.operation
def change_message_visibility(ctx: Context, request: dict[str, Any]) -> None:
    """Hides a received message longer, or no more."""
    _hide(ctx, of_url(ctx, request), request)


@sqs.operation
def change_message_visibility_batch(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Hides up to ten received messages longer, or no more."""
    queue = of_url(ctx, request)
    kind = "ChangeMessageVisibilityBatchRequestEntry"
    return batches.done(request, kind, lambda entry: _hide(ctx, queue, entry))


def _hide(ctx: Context, queue: Document, request: Document) -> None:
    handle = _handle(request)
    seconds = within(request, "VisibilityTimeout", 0, 0, LONGEST_HIDING)
    if not ctx.store.messages.hide(queue["QueueArn"], handle, seconds):
        raise AwsError(
            "MessageNotInflight",
            f"Value {handle} for parameter ReceiptHandle is invalid. Reason: Message does "
            "not exist or is not available for visibility timeout change.",
        )
