"""What a role may do: all, as oficina does not limit callers (SDK v3 asks before it trains or deploys)."""

from __future__ import annotations

from typing import Any

from oficina.services.context import Context
from oficina.services.iam.api import cut, iam
from oficina.services.iam.roles import ROLE


def _evaluated(request: dict[str, Any]) -> dict[str, Any]:
    resources = request.get("ResourceArns") or ["*"]
    results = [
        {
            "EvalActionName": action,
            "EvalResourceName": resource,
            "EvalDecision": "allowed",
            "MatchedStatements": [],
            "MissingContextValues": [],
        }
        for action in request["ActionNames"]
        for resource in resources
    ]
    results, more = cut(results, request)
    return {"EvaluationResults": results, **more}


@iam.operation
def simulate_principal_policy(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Whether a role may do things: yes. The role must be there (on an open server it need not)."""
    arn = request["PolicySourceArn"]
    name = arn.rpartition("/")[2]
    if ":role/" in arn and f":{ctx.account}:" in arn and not ctx.config.open:
        ctx.docs.get(ROLE, name)
    return _evaluated(request)


@iam.operation
def simulate_custom_policy(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Whether policies allow things: yes."""
    return _evaluated(request)
