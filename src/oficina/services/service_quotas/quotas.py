"""Quotas: as they are by default, and as they were raised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from oficina.arns import make
from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.service_quotas import table
from oficina.services.service_quotas.api import service_quotas
from oficina.services.service_quotas.table import Quota
from oficina.store.kinds import Document, Kind

PAGE = 100
"""How many quotas one answer has (API reference of ListServiceQuotas)."""
SERVICE = "sagemaker"
SERVICE_NAME = "Amazon SageMaker"
RAISED = Kind("RaisedQuota", arn="", service="servicequotas", lower=False)
"""The value that a quota was raised to, by its code."""
T = TypeVar("T")


@service_quotas.operation
def list_services(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The one service whose quotas are told."""
    return {"Services": [{"ServiceCode": SERVICE, "ServiceName": SERVICE_NAME}]}


@service_quotas.operation
def get_service_quota(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A quota by its code."""
    return {"Quota": shown(ctx, found(request))}


@service_quotas.operation
def get_aws_default_service_quota(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A quota as it is by default."""
    return {"Quota": shown(ctx, found(request)) | {"Value": table.VALUE}}


@service_quotas.operation
def list_service_quotas(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The quotas by name."""
    _check_service(request)
    code = request.get("QuotaCode")
    quotas = [quota for quota in table.every().values() if code in (None, quota.code)]
    told, token = page(request, quotas)
    return {"Quotas": [shown(ctx, quota) for quota in told], "NextToken": token}


@service_quotas.operation
def list_aws_default_service_quotas(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The quotas by name, as they are by default."""
    _check_service(request)
    told, token = page(request, list(table.every().values()))
    return {"Quotas": [shown(ctx, quota) | {"Value": table.VALUE} for quota in told], "NextToken": token}


def _check_service(request: Document) -> None:
    if request["ServiceCode"] != SERVICE:
        raise AwsError(
            "NoSuchResourceException",
            f"The request failed because the specified service does not exist. oficina has {SERVICE} alone.",
        )


def found(request: Document) -> Quota:
    """The quota that a request names. Raises AwsError NoSuchResourceException."""
    _check_service(request)
    quota = table.every().get(request["QuotaCode"])
    if quota is None:
        raise AwsError(
            "NoSuchResourceException",
            f"The specified quota does not exist: {request['QuotaCode']}. oficina has the quotas of "
            "SageMaker's instances: ListServiceQuotas tells them by name.",
        )
    return quota


def shown(ctx: Context, quota: Quota) -> Document:
    """A quota as it is applied."""
    raised = ctx.docs.find(RAISED, quota.code)
    return facts(ctx, quota) | {
        "Value": raised["Value"] if raised else table.VALUE,
        "Adjustable": True,
        "QuotaAppliedAtLevel": "ACCOUNT",
    }


def facts(ctx: Context, quota: Quota) -> Document:
    """What a quota and a request to raise it say alike."""
    return {
        "ServiceCode": SERVICE,
        "ServiceName": SERVICE_NAME,
        "QuotaArn": make("servicequotas", ctx.region, ctx.account, f"{SERVICE}/{quota.code}"),
        "QuotaCode": quota.code,
        "QuotaName": quota.name,
        "Unit": "None",
        "GlobalQuota": False,
    }


def page(request: Document, items: Sequence[T]) -> tuple[Sequence[T], str | None]:
    """The items that a request's token begins with, and the next token."""
    token = request.get("NextToken", "0")
    if not (token.isascii() and token.isdigit()) or len(token) > 6:
        raise AwsError("InvalidPaginationTokenException", "The specified pagination token is not valid.")
    begin = int(token)
    end = begin + (request.get("MaxResults") or PAGE)
    return items[begin:end], str(end) if end < len(items) else None
