"""The service object that SQS's operations register with, and its one kind."""

from __future__ import annotations

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.service import Service
from oficina.services.sqs import spelling
from oficina.store.kinds import Document, Kind

_OLD = "AWS.SimpleQueueService"
_RANGE = "Must be >= {low} and <= {high}, if provided."

sqs = Service(
    "sqs",
    scopes=("sqs",),
    target="AmazonSQS",
    protocol="json",
    validation_code="InvalidParameterValue",
    unknown_code="InvalidAction",
    unknown_sentence="The action {name} is not valid for this endpoint.",
    model=spelling.model,
    query_model=spelling.query_model,
    query_codes={
        "QueueDoesNotExist": f"{_OLD}.NonExistentQueue",
        "QueueNameExists": "QueueAlreadyExists",
    }
    | {
        code: f"{_OLD}.{code}"
        for code in (
            "BatchEntryIdsNotDistinct",
            "BatchRequestTooLong",
            "EmptyBatchRequest",
            "InvalidBatchEntryId",
            "MessageNotInflight",
            "PurgeQueueInProgress",
            "TooManyEntriesInBatchRequest",
            "UnsupportedOperation",
        )
    },
)
"""Clients speak JSON since November 2023, the query protocol before; the wire reads both."""

QUEUE = Kind(
    "Queue",
    arn="",
    service="sqs",
    missing=("QueueDoesNotExist", "The specified queue does not exist."),
    lower=False,
)

TASK = Kind("MessageMoveTask", arn="message-move-task", service="sqs", lower=False)


def queue_url(ctx: Context, name: str) -> str:
    """A queue's URL, on the host that the client has asked."""
    host = ctx.headers.get("host")
    root = f"http://{host}" if host else f"https://sqs.{ctx.region}.amazonaws.com"
    return f"{root}/{ctx.account}/{name}"


def of_url(ctx: Context, request: Document) -> Document:
    """The queue of a request's QueueUrl, whatever the host in it. Raises AwsError QueueDoesNotExist."""
    parts = str(request["QueueUrl"]).rstrip("/").split("/")
    name = parts[-1]
    if len(parts) > 1 and parts[-2].isdigit() and parts[-2] != ctx.account:
        raise QUEUE.not_found(name, "")
    return ctx.docs.get(QUEUE, name)


def bad_value(sentence: str) -> AwsError:
    """The refusal of a parameter."""
    return AwsError("InvalidParameterValue", sentence)


def within(request: Document, name: str, default: int, low: int, high: int, reason: str = _RANGE) -> int:
    """A number of a request. Raises AwsError, with the reason in SQS's words, when it is out of its range."""
    value = int(request.get(name, default))
    if not low <= value <= high:
        told = reason.format(low=low, high=high)
        raise bad_value(f"Value {value} for parameter {name} is invalid. Reason: {told}")
    return value
