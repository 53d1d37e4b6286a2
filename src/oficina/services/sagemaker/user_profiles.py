"""User profiles: the people of a domain."""

from __future__ import annotations

from typing import Any

from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.domains import APP, DOMAIN, USER_PROFILE, in_use, merged
from oficina.store.documents import Query


@sagemaker.operation
def create_user_profile(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Makes a user profile in a domain."""
    domain = request["DomainId"]
    ctx.docs.get(DOMAIN, domain)
    return ctx.docs.create(USER_PROFILE, request, parent=domain, Status="InService")


@sagemaker.operation
def describe_user_profile(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A user profile."""
    domain = request["DomainId"]
    ctx.docs.get(DOMAIN, domain)
    return ctx.docs.get(USER_PROFILE, request["UserProfileName"], parent=domain)


@sagemaker.operation
def list_user_profiles(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The user profiles of one or of all domains."""
    asked = {**request, "NameContains": request.get("UserProfileNameContains")}
    query = Query(parent=request.get("DomainIdEquals"), descending=False)
    page = ctx.docs.page(USER_PROFILE, asked, query)
    return {"UserProfiles": page.items, "NextToken": page.token}


@sagemaker.operation
def update_user_profile(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Changes settings; what is not named stays."""
    domain, name = request["DomainId"], request["UserProfileName"]
    with ctx.docs.transaction():
        old = ctx.docs.get(USER_PROFILE, name, parent=domain)
        settings = merged(old.get("UserSettings", {}), request.get("UserSettings", {}))
        return ctx.docs.update(USER_PROFILE, name, {"UserSettings": settings}, parent=domain)


@sagemaker.operation
def delete_user_profile(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets a user profile without apps."""
    domain, name = request["DomainId"], request["UserProfileName"]
    with ctx.docs.transaction():
        profile = ctx.docs.get(USER_PROFILE, name, parent=domain)
        if ctx.docs.page(APP, {"MaxResults": 1}, Query(parent=f"{domain}/{name}")).items:
            raise in_use("UserProfile", profile["UserProfileArn"], "App(s)")
        ctx.docs.delete(USER_PROFILE, name, parent=domain)
