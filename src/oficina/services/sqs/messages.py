"""Messages: sent, received, deleted."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.sqs.api import bad_value, of_url, sqs
from oficina.store.kinds import Document

MOST_AT_ONCE = 10
LONGEST_WAIT = 20
"""Limits of ReceiveMessage (API reference)."""


@sqs.operation
def send_message(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Adds a message."""
    return _send(ctx, of_url(ctx, request), request)


def _send(ctx: Context, queue: Document, request: Document) -> Document:
    attributes, text = queue["Attributes"], request["MessageBody"]
    if not text:
        raise AwsError("MissingParameter", "The request must contain the parameter MessageBody.")
    if len(text.encode()) > int(attributes["MaximumMessageSize"]):
        raise bad_value(
            "One or more parameters are invalid. Reason: Message must be shorter than "
            f"{attributes['MaximumMessageSize']} bytes."
        )
    delay = _within(request, "DelaySeconds", int(attributes["DelaySeconds"]), 0, 900)
    message = {
        "MessageId": str(uuid.uuid4()),
        "Body": text,
        "MD5OfBody": hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(),
        "sent": ctx.clock.now(),
        "sender": ctx.caller.user_id,
    }
    told = {"MessageId": message["MessageId"], "MD5OfMessageBody": message["MD5OfBody"]}
    if request.get("MessageAttributes"):
        message["MessageAttributes"] = _plain(request["MessageAttributes"])
        message["MD5OfMessageAttributes"] = _digest(request["MessageAttributes"])
        told["MD5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
    keep = float(attributes["MessageRetentionPeriod"])
    ctx.store.messages.put(queue["QueueArn"], message, delay=delay, keep=keep)
    return told


def _within(request: Document, name: str, default: int, low: int, high: int) -> int:
    value = int(request.get(name, default))
    if not low <= value <= high:
        raise bad_value(
            f"Value {value} for parameter {name} is invalid. Reason: Must be >= {low} and <= {high}, if "
            "provided."
        )
    return value


def _plain(attributes: Document) -> Document:
    """Attributes as they are kept: bytes as Latin-1 text."""
    return {
        name: {key: item.decode("latin-1") if isinstance(item, bytes) else item for key, item in each.items()}
        for name, each in attributes.items()
    }


def _digest(attributes: Document) -> str:
    """MD5 of attributes as clients check it (developer guide, "Calculating the MD5 message digest")."""
    told = hashlib.md5(usedforsecurity=False)
    for name in sorted(attributes):
        each = attributes[name]
        kind = each.get("DataType", "String")
        binary = kind.startswith("Binary")
        value = each.get("BinaryValue", b"") if binary else each.get("StringValue", "").encode()
        for part in (name.encode(), kind.encode()):
            told.update(len(part).to_bytes(4, "big") + part)
        told.update((b"\x02" if binary else b"\x01") + len(value).to_bytes(4, "big") + value)
    return told.hexdigest()


@sqs.operation
def send_message_batch(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Adds up to ten messages."""
    queue = of_url(ctx, request)
    good: list[Document] = []
    bad: list[Document] = []
    for entry in _entries(request):
        try:
            good.append({"Id": entry["Id"], **_send(ctx, queue, entry)})
        except AwsError as error:
            refused = {"Id": entry["Id"], "SenderFault": True, "Code": error.code, "Message": error.message}
            bad.append(refused)
    return {"Successful": good, "Failed": bad}


def _entries(request: Document) -> list[Document]:
    entries: list[Document] = request["Entries"]
    if not entries:
        raise AwsError("EmptyBatchRequest", "The batch request doesn't contain any entries.")
    if len(entries) > MOST_AT_ONCE:
        raise AwsError(
            "TooManyEntriesInBatchRequest",
            f"Maximum number of entries per request are {MOST_AT_ONCE}. You have sent {len(entries)}.",
        )
    if len({entry["Id"] for entry in entries}) < len(entries):
        raise AwsError(
            "BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id."
        )
    return entries


@sqs.operation
def receive_message(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Messages, hidden from others for a while; waits for one where it is asked to."""
    queue = of_url(ctx, request)
    attributes = queue["Attributes"]
    default_wait = int(attributes["ReceiveMessageWaitTimeSeconds"])
    found = ctx.store.messages.receive(
        queue["QueueArn"],
        most=_within(request, "MaxNumberOfMessages", 1, 1, MOST_AT_ONCE),
        hide=_within(request, "VisibilityTimeout", int(attributes["VisibilityTimeout"]), 0, 43_200),
        wait=_within(request, "WaitTimeSeconds", default_wait, 0, LONGEST_WAIT),
    )
    return {"Messages": [_shown(message, request) for message in found] or None}


def _shown(message: Document, request: Document) -> Document:
    told = {key: message[key] for key in ("MessageId", "Body", "MD5OfBody")}
    told["ReceiptHandle"] = message["receipt"]
    every = {
        "SenderId": message["sender"],
        "SentTimestamp": str(int(message["sent"] * 1000)),
        "ApproximateReceiveCount": str(message["received"]),
        "ApproximateFirstReceiveTimestamp": str(int(message["first"] * 1000)),
    }
    asked = {*request.get("AttributeNames", []), *request.get("MessageSystemAttributeNames", [])}
    system = {name: value for name, value in every.items() if name in asked or "All" in asked}
    if system:
        told["Attributes"] = system
    wanted = _wanted(message.get("MessageAttributes", {}), request.get("MessageAttributeNames", []))
    if wanted:
        told["MessageAttributes"] = wanted
        told["MD5OfMessageAttributes"] = _digest(wanted)
    return told


def _wanted(attributes: Document, asked: list[str]) -> Document:
    """The attributes that a request names: ``All``, ``.*``, ``prefix.*`` or a name."""
    whole = "All" in asked or ".*" in asked
    stems = tuple(name[:-2] for name in asked if name.endswith(".*"))
    return {
        name: {key: item.encode("latin-1") if key == "BinaryValue" else item for key, item in each.items()}
        for name, each in attributes.items()
        if whole or name in asked or (stems and name.startswith(stems))
    }


@sqs.operation
def delete_message(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets a message that was received."""
    ctx.store.messages.delete(of_url(ctx, request)["QueueArn"], request["ReceiptHandle"])


@sqs.operation
def delete_message_batch(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Forgets up to ten messages."""
    queue = of_url(ctx, request)
    entries = _entries(request)
    for entry in entries:
        ctx.store.messages.delete(queue["QueueArn"], entry["ReceiptHandle"])
    return {"Successful": [{"Id": entry["Id"]} for entry in entries], "Failed": []}


@sqs.operation
def change_message_visibility(ctx: Context, request: dict[str, Any]) -> None:
    """Hides a received message longer, or no more."""
    seconds = _within(request, "VisibilityTimeout", 0, 0, 43_200)
    if not ctx.store.messages.hide(of_url(ctx, request)["QueueArn"], request["ReceiptHandle"], seconds):
        raise AwsError(
            "MessageNotInflight",
            "Value for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not "
            "available for visibility timeout change.",
        )
