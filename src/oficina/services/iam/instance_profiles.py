"""Instance profiles: the names under which machines carry roles."""

from __future__ import annotations

from typing import Any

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.iam import roles
from oficina.services.iam.api import arn_of, iam, page
from oficina.services.iam.roles import INSTANCE_PROFILE, ROLE
from oficina.store.keys import mint_id
from oficina.store.kinds import Document


def _shown(ctx: Context, profile: Document) -> Document:
    found = [ctx.docs.find(ROLE, name) for name in profile["RoleNames"]]
    return {**profile, "Roles": [roles.shown(ctx, role) for role in found if role is not None]}


@iam.operation
def create_instance_profile(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps an instance profile without a role."""
    path, name = request.get("Path", "/"), request["InstanceProfileName"]
    profile = ctx.docs.create(
        INSTANCE_PROFILE,
        {"Path": path, **request},
        arn=arn_of(ctx.account, "instance-profile", path, name),
        InstanceProfileId=mint_id("AIPA"),
        CreateDate=ctx.clock.now(),
        RoleNames=[],
    )
    return {"InstanceProfile": _shown(ctx, profile)}


@iam.operation
def get_instance_profile(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """An instance profile and its role."""
    profile = ctx.docs.get(INSTANCE_PROFILE, request["InstanceProfileName"])
    return {"InstanceProfile": _shown(ctx, profile)}


@iam.operation
def list_instance_profiles(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The instance profiles by name."""
    profiles, more = page(ctx, INSTANCE_PROFILE, request)
    return {"InstanceProfiles": [_shown(ctx, profile) for profile in profiles], **more}


@iam.operation
def list_instance_profiles_for_role(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The instance profiles that carry a role."""
    name = request["RoleName"]
    ctx.docs.get(ROLE, name)
    found = [profile for profile in ctx.docs.all(INSTANCE_PROFILE) if name in profile["RoleNames"]]
    return {"InstanceProfiles": [_shown(ctx, profile) for profile in found], "IsTruncated": False}


@iam.operation
def add_role_to_instance_profile(ctx: Context, request: dict[str, Any]) -> None:
    """Puts a role into an instance profile, which holds one."""
    name = request["InstanceProfileName"]
    with ctx.docs.transaction():
        profile = ctx.docs.get(INSTANCE_PROFILE, name)
        ctx.docs.get(ROLE, request["RoleName"])
        if profile["RoleNames"]:
            raise AwsError("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
        ctx.docs.update(INSTANCE_PROFILE, name, {"RoleNames": [request["RoleName"]]})


@iam.operation
def remove_role_from_instance_profile(ctx: Context, request: dict[str, Any]) -> None:
    """Takes a role out of an instance profile."""
    name = request["InstanceProfileName"]
    with ctx.docs.transaction():
        profile = ctx.docs.get(INSTANCE_PROFILE, name)
        if request["RoleName"] not in profile["RoleNames"]:
            raise ROLE.not_found(request["RoleName"], "")
        ctx.docs.update(INSTANCE_PROFILE, name, {"RoleNames": []})


@iam.operation
def delete_instance_profile(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets an instance profile that has no role."""
    name = request["InstanceProfileName"]
    if ctx.docs.get(INSTANCE_PROFILE, name)["RoleNames"]:
        raise AwsError(
            "DeleteConflict", "Cannot delete entity, must remove roles from instance profile first."
        )
    ctx.docs.delete(INSTANCE_PROFILE, name)
