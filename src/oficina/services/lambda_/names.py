"""How requests name a function: by name, by ARN, or by a part of one (API reference)."""

from __future__ import annotations

import re

from oficina.engine.functions.kinds import FUNCTION
from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.store.kinds import Document

LATEST = "$LATEST"
_NAME = re.compile(
    r"(?:arn:(?P<partition>aws[\w-]*):lambda:(?P<region>[\w-]+):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[a-zA-Z0-9-_]{1,140})(?::(?P<version>\$LATEST|[a-zA-Z0-9-_]+))?"
)


def name_of(ctx: Context, given: str, qualifier: str | None = None) -> str:
    """The name in what a request gives. Raises AwsError for another account, region or version."""
    found = _NAME.fullmatch(given)
    if found is None:
        raise AwsError(
            "InvalidParameterValueException",
            f"1 validation error detected: Value '{given}' at 'functionName' failed to satisfy constraint: "
            f"Member must satisfy regular expression pattern: {_NAME.pattern}",
        )
    name, version = found["name"], qualifier or found["version"] or LATEST
    elsewhere = found["account"] not in (None, ctx.account) or found["region"] not in (None, ctx.region)
    if elsewhere or version != LATEST:
        told = given if elsewhere else f"{ctx.docs.arn(FUNCTION, name)}:{version}"
        raise FUNCTION.not_found(name, told)
    return name


def get(ctx: Context, given: str, qualifier: str | None = None) -> Document:
    """The function that a request names. Raises AwsError ResourceNotFoundException."""
    return ctx.docs.get(FUNCTION, name_of(ctx, given, qualifier))
