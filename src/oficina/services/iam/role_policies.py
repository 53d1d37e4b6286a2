"""Policies that stand inside a role."""

from __future__ import annotations

from typing import Any

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.iam.api import encoded, iam, page
from oficina.services.iam.documents import check_permissions
from oficina.services.iam.roles import ROLE, ROLE_POLICY


@iam.operation
def put_role_policy(ctx: Context, request: dict[str, Any]) -> None:
    """Sets a policy of a role."""
    role, name = request["RoleName"], request["PolicyName"]
    check_permissions(request["PolicyDocument"], managed=False)
    with ctx.docs.transaction():
        ctx.docs.get(ROLE, role)
        if ctx.docs.find(ROLE_POLICY, name, parent=role) is None:
            ctx.docs.create(ROLE_POLICY, request, parent=role)
        else:
            ctx.docs.update(ROLE_POLICY, name, request, parent=role)


@iam.operation
def get_role_policy(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A policy of a role."""
    role = request["RoleName"]
    ctx.docs.get(ROLE, role)
    policy = ctx.docs.get(ROLE_POLICY, request["PolicyName"], parent=role)
    return {**policy, "PolicyDocument": encoded(policy["PolicyDocument"])}


@iam.operation
def list_role_policies(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The names of a role's own policies."""
    role = request["RoleName"]
    ctx.docs.get(ROLE, role)
    policies, more = page(ctx, ROLE_POLICY, request, parent=role)
    return {"PolicyNames": [policy["PolicyName"] for policy in policies], **more}


@iam.operation
def delete_role_policy(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets a policy of a role."""
    role = request["RoleName"]
    ctx.docs.get(ROLE, role)
    ctx.docs.delete(ROLE_POLICY, request["PolicyName"], parent=role)


@iam.operation
def put_role_permissions_boundary(ctx: Context, request: dict[str, Any]) -> None:
    """Sets the policy that limits a role."""
    boundary = {
        "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
        "PermissionsBoundaryArn": request["PermissionsBoundary"],
    }
    ctx.docs.update(ROLE, request["RoleName"], {"PermissionsBoundary": boundary})


@iam.operation
def delete_role_permissions_boundary(ctx: Context, request: dict[str, Any]) -> None:
    """Takes the limit off a role."""
    role = ctx.docs.get(ROLE, request["RoleName"])
    if "PermissionsBoundary" not in role:
        raise AwsError("NoSuchEntity", f"Permissions boundary is not set for role {request['RoleName']}.")
    ctx.docs.update(ROLE, request["RoleName"], {"PermissionsBoundary": None})
