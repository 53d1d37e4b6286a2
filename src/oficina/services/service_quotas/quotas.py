"""Quotas, applied and by default: here they are the same."""

from __future__ import annotations

from typing import Any

from oficina.arns import make
from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.service_quotas import table
from oficina.services.service_quotas.api import service_quotas
from oficina.services.service_quotas.table import Quota
from oficina.store.kinds import Document

PAGE = 100
"""How many quotas one answer has (API reference of ListServiceQuotas)."""
SERVICE = "sagemaker"
SERVICE_NAME = "Amazon SageMaker"


@service_quotas.operation
def list_services(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The one service whose quotas are told."""
    return {"Services": [{"ServiceCode": SERVICE, "ServiceName": SERVICE_NAME}]}


@service_quotas.operation
def get_service_quota(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A quota by its code."""
    return {"Quota": _found(ctx, request)}


@service_quotas.operation
def get_aws_default_service_quota(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A quota as it is by default."""
    return {"Quota": _found(ctx, request)}


@service_quotas.operation
def list_service_quotas(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The quotas by name."""
    _check_service(request)
    code = request.get("QuotaCode")
    return _page(ctx, request, [quota for quota in table.every().values() if code in (None, quota.code)])


@service_quotas.operation
def list_aws_default_service_quotas(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The quotas by name, as they are by default."""
    _check_service(request)
    return _page(ctx, request, list(table.every().values()))


def _check_service(request: Document) -> None:
    if request["ServiceCode"] != SERVICE:
        raise AwsError(
            "NoSuchResourceException",
            f"The request failed because the specified service does not exist. oficina has {SERVICE} alone.",
        )


def _found(ctx: Context, request: Document) -> Document:
    _check_service(request)
    quota = table.every().get(request["QuotaCode"])
    if quota is None:
        raise AwsError(
            "NoSuchResourceException",
            f"The specified quota does not exist: {request['QuotaCode']}. Codes here are not those of AWS; "
            "find a quota by its QuotaName with ListServiceQuotas.",
        )
    return _shown(ctx, quota)


def _shown(ctx: Context, quota: Quota) -> Document:
    return {
        "ServiceCode": SERVICE,
        "ServiceName": SERVICE_NAME,
        "QuotaArn": make("servicequotas", ctx.region, ctx.account, f"{SERVICE}/{quota.code}"),
        "QuotaCode": quota.code,
        "QuotaName": quota.name,
        "Value": table.VALUE,
        "Unit": "None",
        "Adjustable": False,
        "GlobalQuota": False,
        "QuotaAppliedAtLevel": "ACCOUNT",
    }


def _page(ctx: Context, request: Document, quotas: list[Quota]) -> Document:
    token = request.get("NextToken", "0")
    if not (token.isascii() and token.isdigit()) or len(token) > 6:
        raise AwsError("InvalidPaginationTokenException", "The specified pagination token is not valid.")
    begin, size = int(token), request.get("MaxResults") or PAGE
    end = begin + size
    told = [_shown(ctx, quota) for quota in quotas[begin:end]]
    return {"Quotas": told, "NextToken": str(end) if end < len(quotas) else None}
