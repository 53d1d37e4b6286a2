"""Tags of SageMaker's resources: limits, owners, ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.jobs import IMAGE, ROLE
from tests.servers import Server


@pytest.fixture
def sagemaker(aws: Callable[..., Any]) -> Any:
    """A client of an account of the test's own."""
    return aws("sagemaker")


@pytest.fixture
def model(sagemaker: Any) -> str:
    """The ARN of a model with one tag."""
    made: dict[str, str] = sagemaker.create_model(
        ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE}, Tags=tags("first")
    )
    return made["ModelArn"]


def tags(*keys: str, value: str = "") -> list[dict[str, str]]:
    """Tags of these keys."""
    return [{"Key": key, "Value": value} for key in keys]


def test_a_tag_is_set_anew_and_removed(sagemaker: Any, model: str) -> None:
    assert sagemaker.add_tags(ResourceArn=model, Tags=tags("first", value="1"))["Tags"] == tags(
        "first", value="1"
    )
    sagemaker.delete_tags(ResourceArn=model, TagKeys=["first", "none"])
    assert sagemaker.list_tags(ResourceArn=model)["Tags"] == []


def test_a_resource_has_at_most_fifty_tags(sagemaker: Any, model: str) -> None:
    more = [f"k{number}" for number in range(49)]
    assert len(sagemaker.add_tags(ResourceArn=model, Tags=tags(*more))["Tags"]) == 50
    assert len(sagemaker.add_tags(ResourceArn=model, Tags=tags("first", value="x"))["Tags"]) == 50
    with pytest.raises(ClientError, match="at most 50 tags"):
        sagemaker.add_tags(ResourceArn=model, Tags=tags("one-more"))


@pytest.mark.parametrize(
    ("keys", "why"), [(("a", "a"), "only once"), (("aws:x",), "AWS's own")], ids=["twice", "reserved"]
)
def test_tags_that_cannot_be_are_refused(sagemaker: Any, model: str, keys: tuple[str, ...], why: str) -> None:
    with pytest.raises(ClientError, match=why):
        sagemaker.add_tags(ResourceArn=model, Tags=tags(*keys))
    assert sagemaker.list_tags(ResourceArn=model)["Tags"] == tags("first")


def test_a_name_in_an_arn_may_be_written_as_it_is(sagemaker: Any) -> None:
    arn = sagemaker.create_model(
        ModelName="Grand", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE}, Tags=tags("a")
    )["ModelArn"]

    assert sagemaker.list_tags(ResourceArn=arn.replace("/grand", "/Grand"))["Tags"] == tags("a")


@pytest.mark.parametrize(
    ("operation", "members"),
    [("add_tags", {"Tags": tags("a")}), ("list_tags", {}), ("delete_tags", {"TagKeys": ["a"]})],
)
def test_what_is_not_there_has_no_tags(
    sagemaker: Any, model: str, operation: str, members: dict[str, Any]
) -> None:
    with pytest.raises(ClientError, match="not found") as refused:
        getattr(sagemaker, operation)(ResourceArn=model.replace("/m", "/none"), **members)

    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_tags_of_another_account_are_its_own(open_server: Server, model: str) -> None:
    stranger = open_server.client("sagemaker", "999999999999")
    with pytest.raises(ClientError, match="AccessDenied"):
        stranger.list_tags(ResourceArn=model)
