"""Who is calling."""

from __future__ import annotations

from typing import Any

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.sts.api import sts


@sts.operation
def get_caller_identity(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Account, ARN and id of the caller."""
    return {"UserId": ctx.caller.user_id, "Account": ctx.account, "Arn": ctx.caller.arn}


@sts.operation
def get_access_key_info(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The account of an access key."""
    key = ctx.store.keys.find(request["AccessKeyId"])
    if key is None:
        raise AwsError("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
    return {"Account": key.account}
