"""Requests to raise quotas: granted at once, since a quota limits nothing here."""

from __future__ import annotations

import uuid
from typing import Any

import orjson

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.service_quotas.api import service_quotas
from oficina.services.service_quotas.quotas import RAISED, facts, found, page, shown
from oficina.store.kinds import Document, Kind

CHANGE = Kind(
    "QuotaChange",
    arn="",
    service="servicequotas",
    missing=("NoSuchResourceException", "The specified request does not exist."),
    lower=False,
    members={"name": "Id", "status": "Status"},
)


@service_quotas.operation
def request_service_quota_increase(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Raises a quota. Nobody has to be asked: the request is approved when it is answered."""
    quota, wanted = found(request), request["DesiredValue"]
    if wanted <= shown(ctx, quota)["Value"]:
        raise AwsError(
            "IllegalArgumentException",
            "You must provide a quota value greater than or equal to the current quota value",
        )
    change = facts(ctx, quota) | {
        "Id": uuid.uuid4().hex,
        "DesiredValue": wanted,
        "Status": "APPROVED",
        "Created": ctx.clock.now(),
        "LastUpdated": ctx.clock.now(),
        "Requester": orjson.dumps({"accountId": ctx.account, "callerArn": ctx.caller.arn}).decode(),
        "QuotaRequestedAtLevel": "ACCOUNT",
    }
    with ctx.docs.transaction():
        if ctx.docs.find(RAISED, quota.code) is None:
            ctx.docs.create(RAISED, {}, name=quota.code)
        ctx.docs.update(RAISED, quota.code, {"Value": wanted})
        return {"RequestedQuota": ctx.docs.create(CHANGE, change)}


@service_quotas.operation
def get_requested_service_quota_change(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A request by its id."""
    return {"RequestedQuota": ctx.docs.get(CHANGE, request["RequestId"])}


@service_quotas.operation
def list_requested_service_quota_change_history(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The requests, newest first."""
    return _listed(ctx, request)


@service_quotas.operation
def list_requested_service_quota_change_history_by_quota(
    ctx: Context, request: dict[str, Any]
) -> dict[str, Any]:
    """The requests about one quota, newest first."""
    found(request)
    return _listed(ctx, request)


def _listed(ctx: Context, request: Document) -> Document:
    asked = {key: request[key] for key in ("ServiceCode", "QuotaCode", "Status") if key in request}
    every = [change for change in reversed(ctx.docs.all(CHANGE)) if asked.items() <= change.items()]
    told, token = page(request, every)
    return {"RequestedQuotas": told, "NextToken": token}
