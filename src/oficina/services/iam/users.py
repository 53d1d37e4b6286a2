"""Users: there are none; callers are assumed roles."""

from __future__ import annotations

from typing import Any

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.iam.api import iam


@iam.operation
def get_user(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """No user is there; a caller that is a role must name one."""
    if "UserName" not in request:
        raise AwsError("ValidationError", "Must specify userName when calling with non-User credentials")
    raise AwsError("NoSuchEntity", f"The user with name {request['UserName']} cannot be found.")


@iam.operation
def list_users(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """No users."""
    return {"Users": [], "IsTruncated": False}


@iam.operation
def list_account_aliases(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """No aliases."""
    return {"AccountAliases": [], "IsTruncated": False}
