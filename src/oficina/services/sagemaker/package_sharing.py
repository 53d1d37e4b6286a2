"""Model packages of other accounts: who names one by ARN reads it where its group's policy lets him.

The resource policy of a group is what AWS asks too (Developer Guide, "Cross-account discoverability" and
"Deploy a Model Version from a Different Account"); buckets and images of the owner follow from it here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from oficina import arns
from oficina.arns import Arn
from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.sagemaker.registry_names import GROUP
from oficina.store.kinds import Document


def at_home(ctx: Context, text: str, operation: str) -> Context:
    """Where what a text names is: the caller's own world, or the owner's when its policy allows it.

    Raises AwsError AccessDeniedException. Not inside a transaction.
    """
    arn = arns.parse(text)
    if arn is None or arn.account == ctx.account or arn.region != ctx.region:
        return ctx
    world = replace(ctx, account=arn.account, docs=ctx.store.scope(arn.account, arn.region))
    group = world.docs.find(GROUP, arn.resource.split("/")[1] if "/" in arn.resource else "")
    policy = json.loads(group["_policy"]) if group and group.get("_policy") else {}
    if not _allows(ctx, policy, operation, _resources(arn, operation)):
        raise AwsError(
            "AccessDeniedException",
            f"User: {ctx.caller.arn} is not authorized to perform: sagemaker:{operation} on resource: {text} "
            f"because no resource-based policy allows the sagemaker:{operation} action",
        )
    return world


def _resources(arn: Arn, operation: str) -> list[str]:
    """What a policy may name to allow an operation: AWS's examples allow the list of a group's versions, and
    another version, on ``model-package/GROUP/*``."""
    found = [str(arn)]
    if operation in ("ListModelPackages", "CreateModelPackage"):
        name = arn.resource.partition("/")[2]
        found.append(str(arn._replace(resource=f"model-package/{name}/1")))
    return found


def _allows(ctx: Context, policy: Document, operation: str, resources: list[str]) -> bool:
    """Whether a policy lets the caller do it, as IAM's own simulator tells it."""
    given = policy.get("Statement", [])
    several: Iterable[Any] = given if isinstance(given, list) else [given]
    mine = [
        {name: value for name, value in each.items() if name != "Principal"}
        for each in several
        if isinstance(each, dict) and _is_meant(ctx, each.get("Principal"))
    ]
    if not mine:
        return False
    context = {"aws:PrincipalAccount": ctx.account, "aws:PrincipalArn": ctx.caller.arn}
    request = {
        "PolicyInputList": [json.dumps({"Version": "2012-10-17", "Statement": mine})],
        "ActionNames": [f"sagemaker:{operation}"],
        "ResourceArns": resources,
        "ContextEntries": [
            {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
            for key, value in context.items()
        ],
    }
    told = [
        one["EvalDecision"] for one in ctx.call("iam", "SimulateCustomPolicy", request)["EvaluationResults"]
    ]
    return "allowed" in told and "explicitDeny" not in told


def _is_meant(ctx: Context, principal: Any) -> bool:
    """Whether a statement's principal is the caller: everybody, an account, a role or a session of it."""
    named = principal.get("AWS", []) if isinstance(principal, dict) else principal
    several = named if isinstance(named, list) else [named]
    return any(isinstance(one, str) and _is_caller(ctx, one) for one in several)


def _is_caller(ctx: Context, named: str) -> bool:
    caller = arns.parse(ctx.caller.arn)
    arn = arns.parse(named)
    if arn is None or caller is None:
        return named in ("*", ctx.account)
    if arn.account != ctx.account:
        return False
    role = arn.resource.rpartition("/")[2] if arn.resource.startswith("role/") else None
    session = caller.resource.split("/")
    return (
        arn.resource == "root"
        or named == ctx.caller.arn
        or (role is not None and session[0] == "assumed-role" and session[1:2] == [role])
    )
