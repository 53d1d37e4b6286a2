"""Spaces: storage and settings that apps of a domain work in."""

from __future__ import annotations

from typing import Any

from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.domains import APP, DOMAIN, SPACE, USER_PROFILE, in_use, merged
from oficina.store.documents import Query
from oficina.store.kinds import Document


@sagemaker.operation
def create_space(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Makes a space in a domain."""
    domain = request["DomainId"]
    ctx.docs.get(DOMAIN, domain)
    owner = request.get("OwnershipSettings", {}).get("OwnerUserProfileName")
    if owner is not None:
        ctx.docs.get(USER_PROFILE, owner, parent=domain)
    return ctx.docs.create(SPACE, request, parent=domain, Status="InService")


@sagemaker.operation
def describe_space(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A space."""
    domain = request["DomainId"]
    ctx.docs.get(DOMAIN, domain)
    return ctx.docs.get(SPACE, request["SpaceName"], parent=domain)


def _summary(space: Document) -> Document:
    return {
        **space,
        "SpaceSettingsSummary": space.get("SpaceSettings"),
        "SpaceSharingSettingsSummary": space.get("SpaceSharingSettings"),
        "OwnershipSettingsSummary": space.get("OwnershipSettings"),
    }


@sagemaker.operation
def list_spaces(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The spaces of one or of all domains."""
    asked = {**request, "NameContains": request.get("SpaceNameContains")}
    page = ctx.docs.page(SPACE, asked, Query(parent=request.get("DomainIdEquals"), descending=False))
    return {"Spaces": [_summary(space) for space in page.items], "NextToken": page.token}


@sagemaker.operation
def update_space(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Changes settings; what is not named stays."""
    domain, name = request.pop("DomainId"), request.pop("SpaceName")
    with ctx.docs.transaction():
        old = ctx.docs.get(SPACE, name, parent=domain)
        changes = {member: merged(old, request)[member] for member in request}
        return ctx.docs.update(SPACE, name, changes, parent=domain)


@sagemaker.operation
def delete_space(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets a space without apps."""
    domain, name = request["DomainId"], request["SpaceName"]
    with ctx.docs.transaction():
        space = ctx.docs.get(SPACE, name, parent=domain)
        if ctx.docs.page(APP, {"MaxResults": 1}, Query(parent=f"{domain}/{name}")).items:
            raise in_use("Space", space["SpaceArn"], "App(s)")
        ctx.docs.delete(SPACE, name, parent=domain)
