"""How requests name a function: by name, by ARN, or by a part of one, with a version or an alias."""

from __future__ import annotations

import re

from oficina.engine.functions import versions
from oficina.engine.functions.kinds import ALIAS, FUNCTION
from oficina.engine.functions.versions import LATEST
from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.store.kinds import Document

_NAME = re.compile(
    r"(?:arn:(?P<partition>aws[\w-]*):lambda:(?P<region>[\w-]+):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[a-zA-Z0-9-_]{1,140})(?::(?P<version>\$LATEST|[a-zA-Z0-9-_]+))?"
)


def bad(sentence: str) -> AwsError:
    """The refusal of a parameter."""
    return AwsError("InvalidParameterValueException", sentence)


def taken_apart(ctx: Context, given: str, qualifier: str | None = None) -> tuple[str, str | None]:
    """Name and qualifier in what a request gives. Raises AwsError for another account or region."""
    found = _NAME.fullmatch(given)
    if found is None:
        raise bad(
            f"1 validation error detected: Value '{given}' at 'functionName' failed to satisfy constraint: "
            f"Member must satisfy regular expression pattern: {_NAME.pattern}",
        )
    if found["account"] not in (None, ctx.account) or found["region"] not in (None, ctx.region):
        raise FUNCTION.not_found(found["name"], given)
    if qualifier and found["version"] and qualifier != found["version"]:
        raise bad("The derived qualifier from the function name does not match the specified qualifier.")
    return found["name"], qualifier or found["version"]


def name_of(ctx: Context, given: str) -> str:
    """The name of a function as a whole. Raises AwsError where a request names a version of it."""
    name, qualifier = taken_apart(ctx, given)
    if qualifier not in (None, LATEST):
        raise FUNCTION.not_found(name, f"{ctx.docs.arn(FUNCTION, name)}:{qualifier}")
    return name


def get(ctx: Context, given: str) -> Document:
    """The function that a request names, as it is now. Raises AwsError ResourceNotFoundException."""
    return ctx.docs.get(FUNCTION, name_of(ctx, given))


def qualified(ctx: Context, given: str, qualifier: str | None) -> Document:
    """The version that a request names. Raises AwsError ResourceNotFoundException."""
    name, qualifier = taken_apart(ctx, given, qualifier)
    found = versions.find(ctx.docs, name, qualifier)
    if found is None:
        arn = ctx.docs.arn(FUNCTION, name) + (f":{qualifier}" if qualifier else "")
        is_alias = qualifier is not None and qualifier != LATEST and not qualifier.isdigit()
        known = ctx.docs.find(FUNCTION, name) is not None
        raise (ALIAS if is_alias and known else FUNCTION).not_found(name, arn)
    return found
