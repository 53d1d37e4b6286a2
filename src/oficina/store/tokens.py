"""Clients' tokens: a request that is sent twice is done once."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from oficina.errors import AwsError
from oficina.store.documents import Scope


def digest(request: dict[str, Any], token_member: str = "ClientToken") -> str:
    """The SHA-256 of a request without its token."""
    members = {name: value for name, value in request.items() if name != token_member}
    return hashlib.sha256(orjson.dumps(members, option=orjson.OPT_SORT_KEYS)).hexdigest()


def made_with(scope: Scope, operation: str, token: str | None, request: str) -> str | None:
    """The ARN of what an operation made for a token; None when the token is new.

    ``request`` is the request's digest. Raises AwsError when the token stands for another request.
    """
    row = scope.database.reader.execute(
        "SELECT request, arn FROM client_tokens WHERE account=? AND region=? AND operation=? AND token=?",
        (scope.account, scope.region, operation, token),
    ).fetchone()
    if row is None:
        return None
    if row["request"] != request:
        raise AwsError(
            "ConflictException",
            f"The token {token} was used for another request, which made {row['arn']}. Give a new token.",
        )
    arn: str = row["arn"]
    return arn


def keep(scope: Scope, operation: str, token: str | None, request: str, arn: str) -> None:
    """Remembers what was made; part of the transaction that makes it."""
    if token is None:
        return
    with scope.database.transaction() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO client_tokens (account, region, operation, token, request, arn)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (scope.account, scope.region, operation, token, request, arn),
        )


def forget(scope: Scope, operation: str) -> None:
    """Forgets what was made by an operation: the thing is gone that it was made for."""
    with scope.database.transaction() as connection:
        connection.execute(
            "DELETE FROM client_tokens WHERE account=? AND region=? AND operation=?",
            (scope.account, scope.region, operation),
        )
