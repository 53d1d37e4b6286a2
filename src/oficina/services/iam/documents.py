"""What IAM asks of a policy of permissions before it keeps it.

Grammar: IAM user guide, "Grammar of the IAM JSON policy language". IAM says little of what breaks it.
"""

from __future__ import annotations

from typing import Any

import orjson

from oficina.errors import AwsError
from oficina.services.iam.api import check_policy

_VERSIONS = ("2012-10-17", "2008-10-17")
_POLICY = {"Version", "Id", "Statement"}
_PAIRS = (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal"))
_STATEMENT = {"Sid", "Effect", "Condition", *(name for pair in _PAIRS for name in pair)}


def check_permissions(document: str, *, managed: bool) -> str:
    """A policy that may be attached, or, unless managed, written into a role. Raises AwsError."""
    policy = orjson.loads(check_policy(document))
    statements = policy.get("Statement")
    statements = [statements] if isinstance(statements, dict) else statements
    if not (
        set(policy) <= _POLICY
        and policy.get("Version", _VERSIONS[1]) in _VERSIONS
        and isinstance(statements, list)
        and statements
        and all(_well_formed(each) for each in statements)
    ):
        raise _refused("Syntax errors in policy.")
    if managed and policy.get("Version") != _VERSIONS[0]:
        raise _refused("Policy document must be version 2012-10-17 or greater.")
    names = [each["Sid"] for each in statements if each.get("Sid")]
    if len(set(names)) < len(names):
        raise _refused("Statement IDs (SID) in a single policy must be unique.")
    for statement in statements:
        _check(statement)
    return document


def _refused(sentence: str) -> AwsError:
    return AwsError("MalformedPolicyDocument", sentence)


def _well_formed(statement: Any) -> bool:
    if not isinstance(statement, dict) or not set(statement) <= _STATEMENT:
        return False
    names = ("Action", "NotAction", "Resource", "NotResource")
    return (
        statement.get("Effect") in ("Allow", "Deny")
        and isinstance(statement.get("Condition", {}), dict)
        and isinstance(statement.get("Sid", ""), str)
        and not any(one in statement and other in statement for one, other in _PAIRS)
        and all(isinstance(text, str) for name in names for text in _listed(statement.get(name)))
    )


def _listed(value: Any) -> list[Any]:
    """The texts of a member; a null among them means nothing, as in IAM."""
    return [each for each in (value if isinstance(value, list) else [value]) if each is not None]


def _check(statement: dict[str, Any]) -> None:
    if "Principal" in statement or "NotPrincipal" in statement:
        raise _refused("Policy document should not specify a principal.")
    actions = _listed(statement.get("Action")) + _listed(statement.get("NotAction"))
    resources = _listed(statement.get("Resource")) + _listed(statement.get("NotResource"))
    if not actions:
        raise _refused("Policy statement must contain actions.")
    if any(action != "*" and ":" not in action for action in actions):
        raise _refused("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
    if any(action.count(":") > 1 for action in actions):
        raise _refused("Actions/Condition can contain only one colon.")
    if not resources:
        raise _refused("Policy statement must contain resources.")
    for resource in resources:
        if not resource.startswith(("arn:", "*")):
            raise _refused(f'Resource {resource} must be in ARN format or "*".')
