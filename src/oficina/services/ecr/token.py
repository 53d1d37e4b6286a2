"""The token that ``docker login`` is given."""

from __future__ import annotations

import base64
import secrets
from typing import Any

from oficina.services.context import Context
from oficina.services.ecr.api import ecr
from oficina.services.ecr.repositories import host

LIFE = 12 * 3600
"""How long a token holds, in seconds (API reference of GetAuthorizationToken)."""


@ecr.operation
def get_authorization_token(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A token in AWS's form: base64 of ``AWS:password``."""
    data = [
        {
            "authorizationToken": base64.b64encode(f"AWS:{secrets.token_urlsafe(48)}".encode()).decode(),
            "expiresAt": ctx.clock.now() + LIFE,
            "proxyEndpoint": f"https://{host(ctx, account)}",
        }
        for account in request.get("registryIds") or [ctx.account]
    ]
    return {"authorizationData": data}
