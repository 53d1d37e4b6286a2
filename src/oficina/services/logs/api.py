"""The service object that CloudWatch Logs' operations register with, and what they share."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from oficina import arns
from oficina.errors import AwsError
from oficina.services.service import Service
from oficina.store.logs import bad_token

logs = Service(
    "logs",
    scopes=("logs",),
    target="Logs_20140328",
    protocol="json",
    validation_code="InvalidParameterException",
)


def group_name(request: dict[str, Any]) -> str:
    """The group that a request names, by name or by ARN."""
    name = request.get("logGroupName") or request.get("logGroupIdentifier")
    if not name:
        raise AwsError(
            "InvalidParameterException", "Either logGroupName or logGroupIdentifier must be specified."
        )
    return from_arn(name)


def from_arn(identifier: str) -> str:
    """The name of a group that is given by name or by ARN (with or without ``:*``)."""
    arn = arns.parse(identifier)
    if arn is None:
        return identifier
    return arn.resource.removeprefix("log-group:").removesuffix(":*")


def pack(text: str) -> str:
    """A name as a token."""
    return base64.urlsafe_b64encode(text.encode()).decode()


def unpack(token: str | None) -> str:
    """The name in a token; empty where there is none. Raises AwsError when it is not a token of ours."""
    try:
        return base64.urlsafe_b64decode(token or "").decode()
    except (binascii.Error, ValueError) as error:
        raise bad_token() from error
