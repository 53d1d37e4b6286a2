"""The sentences for requests that break their shape."""

from typing import Any

import pytest

from oficina.model import check, shapes
from oficina.model.shapes import Shape


def shape(name: str) -> Shape:
    return shapes.load("sagemaker").shape(name)


def sentence(name: str, request: dict[str, Any]) -> str:
    return check.message(check.errors(shape(name), request))


def test_a_missing_member_is_named_as_aws_names_it() -> None:
    assert sentence("DescribeModelInput", {}) == (
        "1 validation error detected: Value null at 'modelName' failed to satisfy constraint: "
        "Member must not be null"
    )


def test_a_name_against_the_pattern_shows_the_pattern() -> None:
    assert sentence("DescribeModelInput", {"ModelName": "-no_"}) == (
        "1 validation error detected: Value '-no_' at 'modelName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9]([\\-a-zA-Z0-9]*[a-zA-Z0-9])?"
    )


def test_two_flaws_are_told_in_one_sentence() -> None:
    told = sentence("ListModelsInput", {"MaxResults": 101, "SortOrder": "Sideways"})

    assert told.startswith("2 validation errors detected: ")
    assert (
        "at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 100"
        in told
    )
    assert "Member must satisfy enum value set: [Ascending, Descending]" in told


def test_an_item_of_a_list_is_counted_from_one() -> None:
    request = {
        "ResourceArn": "arn:aws:sagemaker:us-east-1:123456789012:model/m",
        "Tags": [{"Key": "a", "Value": "b"}, {"Key": "k"}],
    }

    assert "Value null at 'tags.2.member.value'" in sentence("AddTagsInput", request)


def test_a_value_of_a_map_is_told_with_the_map() -> None:
    definition = {"Image": "i", "Environment": {"KEY": "v" * 20_000}}

    told = check.errors(shape("ContainerDefinition"), definition)

    assert len(told) == 1
    assert (
        "failed to satisfy constraint: Map value must satisfy constraint: [Member must have length" in told[0]
    )


@pytest.mark.parametrize(
    "service", ["sagemaker", "s3", "iam", "sts", "logs", "cloudwatch", "ecr", "sagemaker-runtime"]
)
def test_nearly_every_pattern_of_aws_compiles(service: str) -> None:
    model = shapes.load(service)
    patterns = [name for name, traits in model._shapes.items() if "pattern" in traits]

    unread = [name for name in patterns if model.shape(name).pattern is None]

    assert set(unread) <= {"CustomerMetadataKey", "CustomerMetadataValue"}
