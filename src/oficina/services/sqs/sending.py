"""Messages sent: to standard queues as they come, to FIFO queues once and in order."""

from __future__ import annotations

import hashlib
import re
import uuid
from typing import Any

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.sqs import batches, message_attributes
from oficina.services.sqs.api import bad_value, of_url, sqs, within
from oficina.services.sqs.attributes import is_fifo
from oficina.store.kinds import Document

LONGEST_DELAY = 900
LARGEST_BATCH = 1_048_576
"""Bytes of all messages of a batch, whatever one message of the queue may have (API reference)."""
_DELAYS = "DelaySeconds must be >= {low} and <= {high}."
_UNSPEAKABLE = re.compile("[^\\t\\n\\r\\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What a message cannot have (API reference of SendMessage)."""
_TOKEN = re.compile(r"[A-Za-z0-9!-/:-@\[-`{-~]{1,128}")
"""A group's or a deduplication's id: letters, digits and punctuation."""


@sqs.operation
def send_message(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Adds a message."""
    return _send(ctx, of_url(ctx, request), request)


@sqs.operation
def send_message_batch(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Adds up to ten messages."""
    queue = of_url(ctx, request)
    kind = "SendMessageBatchRequestEntry"
    entries = batches.entries(request, kind)
    whole = sum(_size(entry) for entry in entries)
    if whole > LARGEST_BATCH:
        raise AwsError(
            "BatchRequestTooLong",
            f"Batch requests cannot be longer than {LARGEST_BATCH} bytes. You have sent {whole} bytes.",
        )
    if is_fifo(queue["QueueName"]):
        for entry in entries:  # what makes a queue FIFO is checked for the whole batch, as SQS does
            if "MessageGroupId" not in entry:
                raise bad_value("The request must contain the parameter MessageGroupId.")
            _deduplication(queue["Attributes"], entry)
    return batches.done(request, kind, lambda entry: _send(ctx, queue, entry))


def _size(request: Document) -> int:
    text = request["MessageBody"].encode()
    return len(text) + message_attributes.size(request.get("MessageAttributes", {}))


def _send(ctx: Context, queue: Document, request: Document) -> Document:
    _check(queue, request)
    if is_fifo(queue["QueueName"]):
        return _send_once(ctx, queue, request)
    if "MessageDeduplicationId" in request:
        raise _of_other_queues("MessageDeduplicationId", request["MessageDeduplicationId"])
    default = int(queue["Attributes"]["DelaySeconds"])
    delay = within(request, "DelaySeconds", default, 0, LONGEST_DELAY, _DELAYS)
    message, told = _made(ctx, request)
    if "MessageGroupId" in request:  # standard queues are fair to groups, and tell them
        message["system"]["MessageGroupId"] = _token(request, "MessageGroupId")
    ctx.store.messages.put(queue["QueueArn"], message, delay=delay, keep=_retention(queue))
    return told


def _check(queue: Document, request: Document) -> None:
    text, most = request["MessageBody"], int(queue["Attributes"]["MaximumMessageSize"])
    if not text:
        raise AwsError("MissingParameter", "The request must contain the parameter MessageBody.")
    if _UNSPEAKABLE.search(text):
        raise AwsError("InvalidMessageContents", "Invalid binary character was found in the message body.")
    message_attributes.check(request.get("MessageAttributes", {}))
    if _size(request) > most:
        raise bad_value(
            f"One or more parameters are invalid. Reason: Message must be shorter than {most} bytes."
        )


def _retention(queue: Document) -> float:
    return float(queue["Attributes"]["MessageRetentionPeriod"])


def _made(ctx: Context, request: Document) -> tuple[Document, Document]:
    """A message as it is kept, and what its sender is told."""
    text = request["MessageBody"]
    message = {
        "MessageId": str(uuid.uuid4()),
        "Body": text,
        "MD5OfBody": hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(),
        "sent": ctx.clock.now(),
        "sender": ctx.caller.user_id,
        "system": {},
    }
    told = {"MessageId": message["MessageId"], "MD5OfMessageBody": message["MD5OfBody"]}
    if request.get("MessageAttributes"):
        message["MessageAttributes"] = message_attributes.plain(request["MessageAttributes"])
        told["MD5OfMessageAttributes"] = message_attributes.digest(request["MessageAttributes"])
    if request.get("MessageSystemAttributes"):
        system = request["MessageSystemAttributes"]
        message["system"] = {name: each.get("StringValue", "") for name, each in system.items()}
        told["MD5OfMessageSystemAttributes"] = message_attributes.digest(system)
    return message, told


def _send_once(ctx: Context, queue: Document, request: Document) -> Document:
    """Adds a message to a FIFO queue, unless it was sent the same in the last five minutes."""
    attributes, arn, messages = queue["Attributes"], queue["QueueArn"], ctx.store.messages
    if int(request.get("DelaySeconds", 0)):
        raise _of_other_queues("DelaySeconds", request["DelaySeconds"])
    group = _token(request, "MessageGroupId")
    once = _deduplication(attributes, request)
    by_group = attributes["DeduplicationScope"] == "messageGroup"
    key = f"{group}\n{once}" if by_group else once
    with ctx.docs.transaction():
        known = messages.remembered(arn, key)
        if known is not None:
            return known
        message, told = _made(ctx, request)
        message["system"] |= {"MessageGroupId": group, "MessageDeduplicationId": once}
        delay = float(attributes["DelaySeconds"])
        number = messages.put(arn, message, delay=delay, keep=_retention(queue), line=group)
        told["SequenceNumber"] = f"{number:020d}"
        messages.remember(arn, key, told)
    return told


def _deduplication(attributes: Document, request: Document) -> str:
    if "MessageDeduplicationId" in request:
        return _token(request, "MessageDeduplicationId")
    if attributes["ContentBasedDeduplication"] != "true":
        raise bad_value(
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
            "provided explicitly"
        )
    return hashlib.sha256(request["MessageBody"].encode()).hexdigest()


def _token(request: Document, name: str) -> str:
    if name not in request:
        raise AwsError("MissingParameter", f"The request must contain the parameter {name}.")
    token = str(request[name])
    if not _TOKEN.fullmatch(token):
        raise bad_value(
            f"Value {token} for parameter {name} is invalid. Reason: {name} can only include alphanumeric "
            "and punctuation characters. 1 to 128 in length."
        )
    return token


def _of_other_queues(name: str, value: object) -> AwsError:
    return bad_value(
        f"Value {value} for parameter {name} is invalid. Reason: The request include parameter that is not "
        "valid for this queue type."
    )
