"""What a role may do by its policies. They are evaluated as IAM does, and keep nobody from anything here.

AWS's own policies are not kept in full: each of them allows all (see ``policies``). A role that has no policy
at all may do all, as it does here: SDK v3 refuses to work under a role that the simulator says no of.
"""

from __future__ import annotations

from typing import Any

import orjson

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.iam.api import cut, iam
from oficina.services.iam.evaluation import ALLOWED, Policy, Question, evaluate
from oficina.services.iam.policies import AWS_PREFIX, find
from oficina.services.iam.roles import ROLE, ROLE_POLICY
from oficina.store.kinds import Document


@iam.operation
def simulate_principal_policy(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Whether a role may do things by its policies; who has no policies here may do all."""
    _check(request)
    policies, boundary = _of_principal(ctx, request["PolicySourceArn"])
    if policies is not None:
        policies += _given(request.get("PolicyInputList", []))
    return _answer(request, policies, _boundary(request) or boundary)


@iam.operation
def simulate_custom_policy(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Whether the policies in the request allow things."""
    _check(request)
    return _answer(request, _given(request["PolicyInputList"]), _boundary(request))


def _check(request: Document) -> None:
    """Raises AwsError for what would change the answer and is not evaluated."""
    for name in ("ResourcePolicy", "PolicyExclusionList", "OrderedOrganizationPolicyInputList"):
        if request.get(name):
            raise AwsError("InvalidInput", f"oficina does not evaluate {name} yet; nothing was simulated.")


def _of_principal(ctx: Context, arn: str) -> tuple[list[Policy] | None, list[Policy] | None]:
    """A role's policies and its boundary; None where there are none to ask."""
    name = arn.rpartition("/")[2]
    if ":role/" not in arn or f":{ctx.account}:" not in arn:
        return None, None
    role = ctx.docs.find(ROLE, name) if ctx.config.open else ctx.docs.get(ROLE, name)
    if role is None:  # an open server takes any role
        return None, None
    own = [
        Policy(each["PolicyName"], "role", _read(each["PolicyDocument"]))
        for each in ctx.docs.all(ROLE_POLICY, parent=name)
    ]
    attached = [_managed(ctx, each["PolicyArn"]) for each in role["AttachedPolicies"]]
    limit = role.get("PermissionsBoundary")
    if not own and not attached and not limit:
        return None, None
    return own + attached, [_managed(ctx, limit["PermissionsBoundaryArn"])] if limit else None


def _managed(ctx: Context, arn: str) -> Policy:
    policy = find(ctx, arn)
    default = policy["DefaultVersionId"]
    document = next(each["Document"] for each in policy["Versions"] if each["VersionId"] == default)
    kind: Any = "aws-managed" if arn.startswith(AWS_PREFIX) else "user-managed"
    return Policy(policy["PolicyName"], kind, _read(document))


def _given(documents: list[str]) -> list[Policy]:
    return [
        Policy(f"PolicyInputList.{number}", "none", _read(text)) for number, text in enumerate(documents, 1)
    ]


def _boundary(request: Document) -> list[Policy] | None:
    given = request.get("PermissionsBoundaryPolicyInputList")
    return _given(given) if given else None


def _read(text: str) -> dict[str, Any]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = None
    statements = found.get("Statement") if isinstance(found, dict) else None
    for each in statements if isinstance(statements, list) else [statements]:
        if not isinstance(each, dict):
            raise AwsError("InvalidInput", "Syntax errors in policy.")
    return dict(found)


def _answer(request: Document, policies: list[Policy] | None, boundary: list[Policy] | None) -> Document:
    context = {
        entry["ContextKeyName"].lower(): entry.get("ContextKeyValues", [])
        for entry in request.get("ContextEntries", [])
    }
    results = [
        _result(Question(action, resource, context), policies, boundary)
        for action in request["ActionNames"]
        for resource in request.get("ResourceArns") or ["*"]
    ]
    results, more = cut(results, request)
    return {"EvaluationResults": results, **more}


def _result(question: Question, policies: list[Policy] | None, boundary: list[Policy] | None) -> Document:
    told: Document = {
        "EvalActionName": question.action,
        "EvalResourceName": question.resource,
        "EvalDecision": ALLOWED,
        "MatchedStatements": [],
        "MissingContextValues": [],
    }
    if policies is None:
        return told
    verdict = evaluate(policies, question)
    told["EvalDecision"] = verdict.decision
    told["MatchedStatements"] = [
        {"SourcePolicyId": policy.name, "SourcePolicyType": policy.kind} for policy in verdict.matched
    ]
    missing = verdict.missing
    if boundary is not None:
        limit = evaluate(boundary, question)
        inside = limit.decision == ALLOWED
        told["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": inside}
        if not inside and verdict.decision == ALLOWED:
            told["EvalDecision"] = limit.decision
        missing = missing | limit.missing
    told["MissingContextValues"] = sorted(missing)
    return told
