"""IAM's evaluation of policies: actions, resources, conditions, and what wins."""

from __future__ import annotations

from typing import Any

import pytest

from oficina.services.iam.evaluation import Policy, Question, evaluate

READ = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::data/*"}


def verdict(
    *statements: dict[str, Any],
    action: str = "s3:GetObject",
    resource: str = "arn:aws:s3:::data/a",
    **keys: Any,
) -> str:
    """What statements say of a question; keys of the context with two underscores for the colon."""
    context = {
        name.replace("__", ":").lower(): value if isinstance(value, list) else [value]
        for name, value in keys.items()
    }
    policies = [Policy(f"p{number}", "role", {"Statement": each}) for number, each in enumerate(statements)]
    return evaluate(policies, Question(action, resource, context)).decision


@pytest.mark.parametrize(
    ("action", "resource", "decision"),
    [
        ("s3:GetObject", "arn:aws:s3:::data/a/b", "allowed"),
        ("S3:getobject", "arn:aws:s3:::data/a", "allowed"),
        ("s3:PutObject", "arn:aws:s3:::data/a", "implicitDeny"),
        ("s3:GetObject", "arn:aws:s3:::other/a", "implicitDeny"),
        ("s3:GetObject", "arn:aws:s3:::DATA/a", "implicitDeny"),
        ("s3:GetObject", "*", "implicitDeny"),
    ],
)
def test_action_and_resource_must_match(action: str, resource: str, decision: str) -> None:
    assert verdict(READ, action=action, resource=resource) == decision


def test_a_deny_wins_whatever_allows() -> None:
    deny = {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::data/?"}

    assert verdict(deny, READ, {"Effect": "Allow", "Action": "*", "Resource": "*"}) == "explicitDeny"
    assert verdict(deny, READ, resource="arn:aws:s3:::data/ab") == "allowed"


def test_not_action_and_not_resource_mean_all_others() -> None:
    others = {"Effect": "Allow", "NotAction": ["iam:*", "s3:Put*"], "NotResource": "arn:aws:s3:::secret/*"}

    assert verdict(others) == "allowed"
    assert verdict(others, action="iam:PassRole") == "implicitDeny"
    assert verdict(others, resource="arn:aws:s3:::secret/a") == "implicitDeny"


def test_a_policy_variable_is_filled_from_the_context() -> None:
    own = READ | {"Resource": "arn:aws:s3:::data/${aws:username}/*"}

    assert verdict(own, resource="arn:aws:s3:::data/ana/x", aws__username="ana") == "allowed"
    assert verdict(own, resource="arn:aws:s3:::data/bea/x", aws__username="ana") == "implicitDeny"
    assert verdict(own, resource="arn:aws:s3:::data/ana/x") == "implicitDeny"


@pytest.mark.parametrize(
    ("operator", "wanted", "value", "holds"),
    [
        ("StringEquals", ["a", "b"], "b", True),
        ("StringEquals", "a", "A", False),
        ("StringEqualsIgnoreCase", "a", "A", True),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringNotEquals", ["a", "b"], "c", True),
        ("StringNotEquals", "a", None, True),
        ("StringEquals", "a", None, False),
        ("StringEqualsIfExists", "a", None, True),
        ("StringLike", "ml.m5.*", "ml.m5.large", True),
        ("StringNotLike", "ml.p*", "ml.p3.2xlarge", False),
        ("ForAllValues:StringLike", ["ml.t3.*", "ml.m5.*"], ["ml.t3.medium", "ml.m5.large"], True),
        ("ForAllValues:StringLike", ["ml.t3.*"], ["ml.t3.medium", "ml.m5.large"], False),
        ("ForAllValues:StringLike", ["ml.t3.*"], None, True),
        ("ForAnyValue:StringEquals", ["a"], ["b", "a"], True),
        ("ForAnyValue:StringNotEquals", ["a"], None, False),
        ("NumericLessThanEquals", "3600", "3600", True),
        ("NumericGreaterThan", "5", "x", False),
        ("DateLessThan", "2026-06-01T00:00:00Z", "2026-05-31T23:59:59Z", True),
        ("Bool", "true", "True", True),
        ("Null", "true", None, True),
        ("Null", "true", "x", False),
        ("IpAddress", "10.0.0.0/8", "10.1.2.3", True),
        ("NotIpAddress", "10.0.0.0/8", "10.1.2.3", False),
        ("ArnLike", "arn:aws:sagemaker:*:*:pipeline/*", "arn:aws:sagemaker:us-east-1:1:pipeline/p", True),
        ("ArnLike", "arn:aws:s3:*:x", "arn:aws:s3:::x", False),
        ("NoSuchOperator", "a", "a", False),
    ],
)
def test_a_condition_holds_or_not(operator: str, wanted: Any, value: Any, holds: bool) -> None:
    statement = READ | {"Condition": {operator: {"aws:Key": wanted}}}
    keys = {} if value is None else {"aws__Key": value}

    assert verdict(statement, **keys) == ("allowed" if holds else "implicitDeny")


def test_a_key_that_was_asked_for_in_vain_is_told() -> None:
    policy = Policy(
        "p", "role", {"Statement": READ | {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}}
    )

    answer = evaluate([policy], Question("s3:GetObject", "arn:aws:s3:::data/a", {}))

    assert answer.missing == {"aws:MultiFactorAuthPresent"}


def test_a_pattern_of_many_stars_takes_no_time() -> None:
    statement = READ | {"Resource": "*a" * 40 + "b"}

    assert verdict(statement, resource="a" * 2000) == "implicitDeny"
