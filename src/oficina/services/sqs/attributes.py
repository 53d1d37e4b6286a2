"""Attributes of queues: what they may be, and what they are when nobody says."""

from __future__ import annotations

import re

import orjson

from oficina.errors import AwsError
from oficina.services.sqs.api import bad_value

DEFAULTS = {
    "VisibilityTimeout": "30",
    "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600",
    "DelaySeconds": "0",
    "ReceiveMessageWaitTimeSeconds": "0",
    "SqsManagedSseEnabled": "true",
}
FIFO_DEFAULTS = {
    "FifoQueue": "true",
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "FifoThroughputLimit": "perQueue",
}
RANGES = {
    "VisibilityTimeout": (0, 43_200),
    "MaximumMessageSize": (1024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "DelaySeconds": (0, 900),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
}
"""What the attributes that are numbers may be (API reference of CreateQueue)."""
CHOICES = {
    "FifoQueue": ("true",),
    "ContentBasedDeduplication": ("true", "false"),
    "DeduplicationScope": ("queue", "messageGroup"),
    "FifoThroughputLimit": ("perQueue", "perMessageGroupId"),
}
"""What the attributes of FIFO queues may be."""
KEPT = ("Policy", "SqsManagedSseEnabled", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds")
"""Attributes that are kept and told, and change nothing here."""
TOLD = (
    "QueueArn",
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
)
"""What a queue tells of itself beside them."""
POLICIES = ("RedrivePolicy", "RedriveAllowPolicy")
"""Attributes about dead letters; see ``redrive``."""
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")


def is_fifo(name: str) -> bool:
    """Whether a queue (by name or ARN) keeps the order of its messages."""
    return name.endswith(".fifo")


def check_name(name: str, attributes: dict[str, str]) -> None:
    """Refuses a name that a queue with these attributes cannot have."""
    wants_fifo = attributes.get("FifoQueue") == "true"
    if wants_fifo and not (is_fifo(name) and len(name) <= 80 and _NAME.fullmatch(name[:-5])):
        raise bad_value(
            "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, "
            "must end with .fifo suffix and be 1 to 80 in length"
        )
    if not wants_fifo and not _NAME.fullmatch(name):
        raise bad_value(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        )


def check(attributes: dict[str, str], *, fifo: bool) -> None:
    """Refuses an attribute that a queue does not have, and a value that it cannot have."""
    for name, value in attributes.items():
        if name in RANGES:
            low, high = RANGES[name]
            if not (value.isascii() and value.isdigit()) or not low <= int(value) <= high:
                raise _bad(name)
        elif name in CHOICES:
            if not fifo:
                raise unknown(name)
            if value not in CHOICES[name]:
                changed = name == "FifoQueue" and value == "false"
                raise _bad(name, "Modifying queue type is not supported." if changed else "")
        elif name == "Policy":
            _check_policy(value)
        elif name not in KEPT + POLICIES:
            raise unknown(name)
    if attributes.get("KmsMasterKeyId") and attributes.get("SqsManagedSseEnabled") == "true":
        raise _two_encryptions()


def _check_policy(text: str) -> None:
    try:
        policy = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        policy = None
    if not isinstance(policy, dict):
        raise _bad("Policy")


def check_change(old: dict[str, str], given: dict[str, str]) -> None:
    """Refuses SQS's own encryption in a queue that has a key."""
    key = given.get("KmsMasterKeyId", old.get("KmsMasterKeyId"))
    if key and given.get("SqsManagedSseEnabled") == "true":
        raise _two_encryptions()


def check_names(asked: list[str]) -> None:
    """Refuses to tell an attribute that no queue has."""
    known = {"All", *KEPT, *POLICIES, *RANGES, *CHOICES, *TOLD}
    for name in asked:
        if name not in known:
            raise unknown(name)


def unknown(name: str) -> AwsError:
    """The refusal of an attribute by its name."""
    return AwsError("InvalidAttributeName", f"Unknown Attribute {name}.")


def _two_encryptions() -> AwsError:
    return AwsError(
        "InvalidAttributeName",
        "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or "
        "SQS SSE.",
    )


def _bad(name: str, reason: str = "") -> AwsError:
    because = f" Reason: {reason}" if reason else ""
    return AwsError("InvalidAttributeValue", f"Invalid value for the parameter {name}.{because}")
