"""Whom a bucket tells of changes: kept and returned, checked as S3 checks it; nobody is told yet."""

from __future__ import annotations

import base64
import re
import uuid
from typing import Any

from oficina.services.context import Context
from oficina.services.s3.api import Answer, Request, bucket_of, invalid_argument, malformed, s3
from oficina.services.s3.settings import keep, kept

_KINDS = {
    "TopicConfigurations": ("TopicArn", "sns"),
    "QueueConfigurations": ("QueueArn", "sqs"),
    "LambdaFunctionConfigurations": ("LambdaFunctionArn", "lambda"),
}
_ARN = re.compile(r"arn:aws[a-z-]*:(sns|sqs|lambda):([a-z0-9-]+):\d{12}:.+")
_EVENT = re.compile(
    r"s3:(ReducedRedundancyLostObject|IntelligentTiering|"
    r"(ObjectCreated|ObjectRemoved|ObjectRestore|Replication|LifecycleExpiration|LifecycleTransition"
    r"|ObjectTagging|ObjectAcl|ObjectAnnotation)(:[A-Za-z*]+)?)"
)
"""S3 user guide, "Supported event types for SQS, SNS, and Lambda"."""


@s3.operation
def put_bucket_notification_configuration(ctx: Context, request: Request) -> None:
    """Keeps whom to tell of changes; a configuration without an id gets one."""
    region = bucket_of(ctx, request).region
    given = request.get("NotificationConfiguration") or {}
    for kind, (member, service) in _KINDS.items():
        for one in given.get(kind) or ():
            _check(one, one.get(member) or "", service, region)
            one["Id"] = one.get("Id") or _id()
    keep(ctx, request, "notification", given)


def _check(one: dict[str, Any], arn: str, service: str, region: str) -> None:
    match = _ARN.fullmatch(arn)
    if match is None or match[1] != service:
        raise invalid_argument("The ARN is not well formed", "ARN", arn)
    if match[2] != region:
        raise invalid_argument(
            "The notification destination service region is not valid for the bucket location constraint",
            arn,
            "null",
        )
    if not one.get("Events"):
        raise malformed()
    for event in one["Events"]:
        if not _EVENT.fullmatch(event):
            raise invalid_argument(f"The event '{event}' is not supported for notifications", "Event", event)


def _id() -> str:
    return base64.b64encode(uuid.uuid4().hex.encode()).decode()


@s3.operation
def get_bucket_notification_configuration(ctx: Context, request: Request) -> Answer:
    """Whom to tell of changes; nobody unless told otherwise."""
    return {"_root": "NotificationConfiguration", **kept(ctx, request, "notification", {})}
