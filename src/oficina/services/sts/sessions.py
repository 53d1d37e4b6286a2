"""Temporary keys: real ones, which stop working at their time."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from oficina import arns
from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.sts.api import sts
from oficina.store.keys import Key

HOUR = 3600
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")
REMEMBERED = 24 * HOUR
"""How long a key that has ended is still told as expired, and not as unknown."""


@sts.operation
def assume_role(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A key of a role, of this account or another.

    The role must be there (decision 0003: on an open server it need not); its trust document is kept and
    shown but does not decide.
    """
    account, role = _role(ctx, request["RoleArn"])
    seconds = request.get("DurationSeconds", HOUR)
    if seconds > role.get("MaxSessionDuration", HOUR):
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )
    session = request["RoleSessionName"]
    arn = f"arn:aws:sts::{account}:assumed-role/{role['RoleName']}/{session}"
    user_id = f"{role['RoleId']}:{session}"
    key = _mint(ctx, account, arn, user_id, seconds)
    return {
        "Credentials": _credentials(key),
        "AssumedRoleUser": {"AssumedRoleId": user_id, "Arn": arn},
        "SourceIdentity": request.get("SourceIdentity"),
        "PackedPolicySize": 1 if "Policy" in request else None,
    }


def _role(ctx: Context, role_arn: str) -> tuple[str, dict[str, Any]]:
    """The account and the document of a role."""
    arn = arns.parse(role_arn)
    if arn is None or _ROLE.fullmatch(role_arn) is None:
        raise AwsError("ValidationError", f"{role_arn} is invalid")
    name = arn.resource.rpartition("/")[2]
    there = dataclasses.replace(ctx, account=arn.account, docs=ctx.store.scope(arn.account, ctx.region))
    try:
        role: dict[str, Any] = there.call("iam", "GetRole", {"RoleName": name})["Role"]
    except AwsError as error:
        if ctx.config.open:
            return arn.account, {"RoleName": name, "RoleId": "AROA" + arn.account.rjust(16, "A")[:16]}
        raise _denied(ctx, role_arn) from error
    if role["Arn"] != role_arn and not ctx.config.open:
        raise _denied(ctx, role_arn)
    return arn.account, role


def _denied(ctx: Context, role_arn: str) -> AwsError:
    return AwsError(
        "AccessDenied",
        f"User: {ctx.caller.arn} is not authorized to perform: sts:AssumeRole on resource: {role_arn}",
        403,
    )


@sts.operation
def get_session_token(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A temporary key of the caller itself."""
    if ctx.caller.token is not None:
        raise AwsError("AccessDenied", "Cannot call GetSessionToken with session credentials", 403)
    seconds = request.get("DurationSeconds", 12 * HOUR)
    key = _mint(ctx, ctx.account, ctx.caller.arn, ctx.caller.user_id, seconds)
    return {"Credentials": _credentials(key)}


def _mint(ctx: Context, account: str, arn: str, user_id: str, seconds: int) -> Key:
    """A session key that ends in ``seconds``; those that ended long ago are forgotten."""
    now = ctx.clock.now()
    ctx.store.keys.prune(now - REMEMBERED)
    return ctx.store.keys.mint(account, arn, user_id, session=True, expires=now + seconds)


def _credentials(key: Key) -> dict[str, Any]:
    return {
        "AccessKeyId": key.access_key,
        "SecretAccessKey": key.secret,
        "SessionToken": key.token,
        "Expiration": int(key.expires or 0),
    }
