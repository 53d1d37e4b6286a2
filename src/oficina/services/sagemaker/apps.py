"""Apps: what a user or a space has running, such as JupyterLab. Kept as a record; nothing is started."""

from __future__ import annotations

from typing import Any

from oficina.errors import validation
from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.domains import APP, DOMAIN, SPACE, USER_PROFILE
from oficina.store.documents import Query


def _place(ctx: Context, request: dict[str, Any]) -> tuple[str, str]:
    """The name and the parent of an app, whose owner is a user profile or a space."""
    owners = [request[name] for name in ("UserProfileName", "SpaceName") if request.get(name)]
    if len(owners) != 1:
        raise validation("Either UserProfileName or SpaceName must be specified, and not both.")
    return f"{request['AppType']}/{request['AppName']}", f"{request['DomainId']}/{owners[0]}"


@sagemaker.operation
def create_app(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Makes an app of a user profile or of a space."""
    name, parent = _place(ctx, request)
    domain = request["DomainId"]
    ctx.docs.get(DOMAIN, domain)
    kind, member = (SPACE, "SpaceName") if request.get("SpaceName") else (USER_PROFILE, "UserProfileName")
    ctx.docs.get(kind, request[member], parent=domain)
    return ctx.docs.create(APP, request, name=name, parent=parent, Status="InService")


@sagemaker.operation
def describe_app(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """An app."""
    name, parent = _place(ctx, request)
    app = ctx.docs.get(APP, name, parent=parent)
    now = ctx.clock.now()
    return {**app, "LastHealthCheckTimestamp": now, "LastUserActivityTimestamp": app["CreationTime"]}


@sagemaker.operation
def list_apps(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The apps of a domain, a user profile or a space."""
    query = Query(descending=False)
    for member in ("DomainId", "UserProfileName", "SpaceName"):
        wanted = request.get(f"{member}Equals")
        if wanted is not None:
            query.where.append((f"json_extract(body, '$.{member}')=?", (wanted,)))
    page = ctx.docs.page(APP, request, query)
    return {"Apps": page.items, "NextToken": page.token}


@sagemaker.operation
def delete_app(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets an app."""
    name, parent = _place(ctx, request)
    ctx.docs.delete(APP, name, parent=parent)
