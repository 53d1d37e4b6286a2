"""Tags of roles and policies."""

from __future__ import annotations

from typing import Any

from oficina.services.context import Context
from oficina.services.iam.api import check_tags, cut, iam
from oficina.services.iam.policies import find
from oficina.services.iam.roles import ROLE


def _role(ctx: Context, request: dict[str, Any]) -> str:
    return str(ctx.docs.get(ROLE, request["RoleName"])["Arn"])


def _policy(ctx: Context, request: dict[str, Any]) -> str:
    return str(find(ctx, request["PolicyArn"])["Arn"])


@iam.operation
def tag_role(ctx: Context, request: dict[str, Any]) -> None:
    """Sets tags on a role."""
    check_tags(request["Tags"])
    ctx.docs.tag(_role(ctx, request), request["Tags"])


@iam.operation
def untag_role(ctx: Context, request: dict[str, Any]) -> None:
    """Removes tags from a role."""
    ctx.docs.untag(_role(ctx, request), request["TagKeys"])


@iam.operation
def list_role_tags(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The tags of a role."""
    tags, more = cut(ctx.docs.tags(_role(ctx, request)), request)
    return {"Tags": tags, **more}


@iam.operation
def tag_policy(ctx: Context, request: dict[str, Any]) -> None:
    """Sets tags on a policy."""
    check_tags(request["Tags"])
    ctx.docs.tag(_policy(ctx, request), request["Tags"])


@iam.operation
def untag_policy(ctx: Context, request: dict[str, Any]) -> None:
    """Removes tags from a policy."""
    ctx.docs.untag(_policy(ctx, request), request["TagKeys"])


@iam.operation
def list_policy_tags(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The tags of a policy."""
    tags, more = cut(ctx.docs.tags(_policy(ctx, request)), request)
    return {"Tags": tags, **more}
