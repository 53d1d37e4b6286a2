"""The service object that SQS's operations register with, and its one kind."""

from __future__ import annotations

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.service import Service
from oficina.store.kinds import Document, Kind

sqs = Service(
    "sqs",
    scopes=("sqs",),
    target="AmazonSQS",
    protocol="json",
    validation_code="InvalidParameterValue",
    query_codes={
        "QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue",
        "QueueNameExists": "QueueAlreadyExists",
        "MessageNotInflight": "AWS.SimpleQueueService.MessageNotInflight",
        "EmptyBatchRequest": "AWS.SimpleQueueService.EmptyBatchRequest",
    },
)

QUEUE = Kind(
    "Queue",
    arn="",
    service="sqs",
    missing=("QueueDoesNotExist", "The specified queue does not exist."),
    lower=False,
)


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
