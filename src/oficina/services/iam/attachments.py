"""Which managed policies are attached to which roles."""

from __future__ import annotations

from typing import Any

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.iam.api import cut, iam
from oficina.services.iam.policies import attached_to, find
from oficina.services.iam.roles import ROLE


@iam.operation
def attach_role_policy(ctx: Context, request: dict[str, Any]) -> None:
    """Attaches a policy to a role; again is no error."""
    arn, name = request["PolicyArn"], request["RoleName"]
    with ctx.docs.transaction():
        role, policy = ctx.docs.get(ROLE, name), find(ctx, arn)
        attached = [one for one in role["AttachedPolicies"] if one["PolicyArn"] != arn]
        attached.append({"PolicyName": policy["PolicyName"], "PolicyArn": arn})
        ctx.docs.update(ROLE, name, {"AttachedPolicies": attached})


@iam.operation
def detach_role_policy(ctx: Context, request: dict[str, Any]) -> None:
    """Takes a policy off a role."""
    arn, name = request["PolicyArn"], request["RoleName"]
    with ctx.docs.transaction():
        attached = ctx.docs.get(ROLE, name)["AttachedPolicies"]
        kept = [one for one in attached if one["PolicyArn"] != arn]
        if len(kept) == len(attached):
            raise AwsError("NoSuchEntity", f"Policy {arn} was not found.")
        ctx.docs.update(ROLE, name, {"AttachedPolicies": kept})


@iam.operation
def list_attached_role_policies(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The policies that are attached to a role."""
    attached, more = cut(ctx.docs.get(ROLE, request["RoleName"])["AttachedPolicies"], request)
    return {"AttachedPolicies": attached, **more}


@iam.operation
def list_entities_for_policy(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The roles that a policy is attached to."""
    arn = find(ctx, request["PolicyArn"])["Arn"]
    roles, more = cut(attached_to(ctx, arn), request)
    shown = [{"RoleName": role["RoleName"], "RoleId": role["RoleId"]} for role in roles]
    return {"PolicyGroups": [], "PolicyUsers": [], "PolicyRoles": shown, **more}
