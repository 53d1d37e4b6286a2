"""Roles and who may assume them."""

from __future__ import annotations

from typing import Any

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.iam.api import arn_of, check_policy, check_tags, encoded, iam, page
from oficina.store.keys import mint_id
from oficina.store.kinds import Document, Kind

ROLE = Kind(
    "Role",
    arn="role",
    service="iam",
    missing=("NoSuchEntity", "The role with name {name} cannot be found."),
    taken=("EntityAlreadyExists", "Role with name {name} already exists."),
    everywhere=True,
    lower=False,
    members={"arn": "Arn"},
)
ROLE_POLICY = Kind(
    "RolePolicy",
    arn="role-policy",
    service="iam",
    missing=("NoSuchEntity", "The role policy with name {name} cannot be found."),
    everywhere=True,
    lower=False,
    members={"name": "PolicyName"},
)
INSTANCE_PROFILE = Kind(
    "InstanceProfile",
    arn="instance-profile",
    service="iam",
    missing=("NoSuchEntity", "Instance Profile {name} cannot be found."),
    taken=("EntityAlreadyExists", "Instance Profile {name} already exists."),
    everywhere=True,
    lower=False,
    members={"arn": "Arn"},
)


def shown(ctx: Context, role: Document) -> Document:
    """A role as IAM answers it."""
    tags = ctx.docs.tags(role["Arn"])
    document = encoded(role["AssumeRolePolicyDocument"])
    return {**role, "AssumeRolePolicyDocument": document, "Tags": tags or None}


@iam.operation
def create_role(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps a role."""
    check_policy(request["AssumeRolePolicyDocument"])
    check_tags(request.get("Tags", []))
    path, name = request.get("Path", "/"), request["RoleName"]
    boundary = request.pop("PermissionsBoundary", None)
    if boundary is not None:
        request["PermissionsBoundary"] = {
            "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
            "PermissionsBoundaryArn": boundary,
        }
    defaults = {"Path": path, "MaxSessionDuration": 3600}
    role = ctx.docs.create(
        ROLE,
        defaults | request,
        arn=arn_of(ctx.account, "role", path, name),
        RoleId=mint_id("AROA"),
        CreateDate=ctx.clock.now(),
        AttachedPolicies=[],
    )
    return {"Role": shown(ctx, role)}


@iam.operation
def get_role(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A role."""
    return {"Role": shown(ctx, ctx.docs.get(ROLE, request["RoleName"]))}


@iam.operation
def list_roles(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The roles by name."""
    roles, more = page(ctx, ROLE, request)
    return {"Roles": [shown(ctx, role) | {"Tags": None} for role in roles], **more}


@iam.operation
def update_role(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Changes a role's description and longest session."""
    changes = {key: value for key, value in request.items() if key != "RoleName"}
    ctx.docs.update(ROLE, request["RoleName"], changes)
    return {}


@iam.operation
def update_role_description(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Changes a role's description."""
    role = ctx.docs.update(ROLE, request["RoleName"], {"Description": request["Description"]})
    return {"Role": shown(ctx, role)}


@iam.operation
def update_assume_role_policy(ctx: Context, request: dict[str, Any]) -> None:
    """Changes who may assume a role."""
    document = check_policy(request["PolicyDocument"])
    ctx.docs.update(ROLE, request["RoleName"], {"AssumeRolePolicyDocument": document})


@iam.operation
def delete_role(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets a role that has no policies any more."""
    name = request["RoleName"]
    with ctx.docs.transaction():
        role = ctx.docs.get(ROLE, name)
        if role["AttachedPolicies"]:
            raise AwsError("DeleteConflict", "Cannot delete entity, must detach all policies first.")
        if ctx.docs.all(ROLE_POLICY, parent=name):
            raise AwsError("DeleteConflict", "Cannot delete entity, must delete policies first.")
        if any(name in profile["RoleNames"] for profile in ctx.docs.all(INSTANCE_PROFILE)):
            raise AwsError(
                "DeleteConflict", "Cannot delete entity, must remove roles from instance profile first."
            )
        ctx.docs.delete(ROLE, name)
