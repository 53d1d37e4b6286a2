"""Who may call Lambda functions, and how many calls run at once, through boto3."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.functions import create

ANSWER = "def main(event, context):\n    return 7\n"


@pytest.fixture
def functions(aws: Callable[..., Any]) -> Any:
    """A Lambda client of the test's own account, which has a function."""
    client = aws("lambda")
    create(client, "seven", ANSWER, Timeout=30)
    return client


def statements(client: Any, **request: Any) -> list[dict[str, Any]]:
    policy: list[dict[str, Any]] = json.loads(client.get_policy(FunctionName="seven", **request)["Policy"])[
        "Statement"
    ]
    return policy


def allow(client: Any, label: str, principal: str, **members: Any) -> dict[str, Any]:
    answer = client.add_permission(
        FunctionName="seven",
        StatementId=label,
        Action="lambda:InvokeFunction",
        Principal=principal,
        **members,
    )
    statement: dict[str, Any] = json.loads(answer["Statement"])
    return statement


def test_a_permission_is_a_statement_of_the_functions_policy(functions: Any) -> None:
    arn = functions.get_function_configuration(FunctionName="seven")["FunctionArn"]
    with pytest.raises(functions.exceptions.ResourceNotFoundException, match="does not exist"):
        functions.get_policy(FunctionName="seven")
    source = {"SourceArn": "arn:aws:s3:::inbox", "SourceAccount": "111122223333"}

    made = allow(functions, "s3", "s3.amazonaws.com", **source)

    assert made == {
        "Sid": "s3",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": arn,
        "Condition": {
            "StringEquals": {"AWS:SourceAccount": "111122223333"},
            "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::inbox"},
        },
    }
    assert allow(functions, "other", "444455556666")["Principal"] == {"AWS": "arn:aws:iam::444455556666:root"}
    assert [each["Sid"] for each in statements(functions)] == ["s3", "other"]
    with pytest.raises(functions.exceptions.ResourceConflictException, match="already exists"):
        allow(functions, "s3", "*")
    with pytest.raises(functions.exceptions.PreconditionFailedException):
        allow(functions, "new", "*", RevisionId="00000000-0000-0000-0000-000000000000")

    functions.remove_permission(FunctionName="seven", StatementId="s3")
    with pytest.raises(
        functions.exceptions.ResourceNotFoundException, match="is not found in resource policy"
    ):
        functions.remove_permission(FunctionName="seven", StatementId="s3")
    functions.remove_permission(FunctionName="seven", StatementId="other")
    with pytest.raises(functions.exceptions.ResourceNotFoundException, match="No policy is associated"):
        functions.remove_permission(FunctionName="seven", StatementId="other")


def test_an_alias_has_a_policy_of_its_own_that_goes_with_it(functions: Any) -> None:
    functions.publish_version(FunctionName="seven")
    alias = {"FunctionName": "seven", "Name": "live", "FunctionVersion": "1"}
    arn = functions.create_alias(**alias)["AliasArn"]
    assert allow(functions, "all", "*", Qualifier="live")["Resource"] == arn
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.get_policy(FunctionName="seven")
    assert len(statements(functions, Qualifier="live")) == 1
    functions.delete_alias(FunctionName="seven", Name="live")
    functions.create_alias(**alias)
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.get_policy(FunctionName="seven", Qualifier="live")

    with pytest.raises(ClientError, match=r"policies for \$LATEST"):
        allow(functions, "all", "*", Qualifier="$LATEST")
    with pytest.raises(ClientError, match="principal was invalid"):
        allow(functions, "all", "nobody")
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        allow(functions, "all", "*", Qualifier="9")


def test_a_function_runs_as_often_as_is_reserved_for_it(functions: Any) -> None:
    assert "ReservedConcurrentExecutions" not in functions.get_function_concurrency(FunctionName="seven")
    functions.put_function_concurrency(FunctionName="seven", ReservedConcurrentExecutions=0)
    told = functions.get_function(FunctionName="seven")
    assert told["Concurrency"] == {"ReservedConcurrentExecutions": 0}
    with pytest.raises(functions.exceptions.TooManyRequestsException) as refused:
        functions.invoke(FunctionName="seven")
    assert refused.value.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"

    functions.put_function_concurrency(FunctionName="seven", ReservedConcurrentExecutions=1)
    for _ in range(2):
        assert json.loads(functions.invoke(FunctionName="seven")["Payload"].read()) == 7
    with pytest.raises(ClientError, match="below its minimum value"):
        functions.put_function_concurrency(FunctionName="seven", ReservedConcurrentExecutions=901)
    functions.delete_function_concurrency(FunctionName="seven")
    assert "Concurrency" not in functions.get_function(FunctionName="seven")


def test_a_function_published_at_once_is_told_with_the_arn_of_the_whole(functions: Any) -> None:
    arn = create(functions, "eight", ANSWER, Publish=True)
    assert arn.endswith(":function:eight")
    assert [
        each["Version"] for each in functions.list_versions_by_function(FunctionName=arn)["Versions"]
    ] == [
        "$LATEST",
        "1",
    ]
