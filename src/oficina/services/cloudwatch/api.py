"""The service object that CloudWatch's operations register with.

Current clients speak json 1.0 with ``x-amzn-query-mode``; older ones the query protocol (contracts,
clients-and-wire §3). The wire reads both.
"""

from __future__ import annotations

from typing import Any

from oficina.errors import AwsError
from oficina.services.service import Service

cloudwatch = Service(
    "cloudwatch",
    scopes=("monitoring",),
    target="GraniteServiceVersion20100801",
    protocol="json",
    validation_code="ValidationError",
)


def invalid(message: str) -> AwsError:
    """CloudWatch's answer to a value that it does not take."""
    return AwsError("InvalidParameterValue", message)


def conflicting(message: str) -> AwsError:
    """CloudWatch's answer to members that do not go together."""
    return AwsError("InvalidParameterCombination", message)


def dimensions_of(request: dict[str, Any]) -> dict[str, str]:
    """Dimensions by name."""
    return {one["Name"]: one["Value"] for one in request.get("Dimensions", ())}


def shown(dimensions: dict[str, str]) -> list[dict[str, str]]:
    """Dimensions as AWS lists them."""
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]
