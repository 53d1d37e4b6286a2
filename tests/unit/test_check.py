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


@pytest.mark.parametrize(
    ("given", "place", "wanted"),
    [
        ({"Containers": "no list"}, "containers", "a List"),
        ({"Containers": [3]}, "containers.1.member", "a Structure"),
        ({"PrimaryContainer": []}, "primaryContainer", "a Structure"),
        ({"PrimaryContainer": {"Image": 7}}, "primaryContainer.image", "a String"),
        (
            {"PrimaryContainer": {"Environment": {"A": 1}}},
            "primaryContainer.environment.A.member",
            "a String",
        ),
        ({"EnableNetworkIsolation": 1}, "enableNetworkIsolation", "a Boolean"),
        ({"ModelName": True}, "modelName", "a String"),
    ],
)
def test_a_value_of_another_type_is_told_and_breaks_nothing(
    given: dict[str, Any], place: str, wanted: str
) -> None:
    told = sentence("CreateModelInput", {"ModelName": "m", **given})

    assert told.endswith(f" at '{place}' failed to satisfy constraint: Member must be {wanted}")


def test_a_key_of_another_type_is_told() -> None:
    told = sentence("ContainerDefinition", {"Environment": {1: "A"}})

    assert told.endswith("Map keys must satisfy constraint: [Member must be a String]")


def test_a_request_that_is_no_structure_is_told() -> None:
    told = check.errors(shape("CreateModelInput"), ["ModelName"])

    assert told == ["Value '[ModelName]' at '' failed to satisfy constraint: Member must be a Structure"]


@pytest.mark.parametrize("count", [True, "2", 2.5])
def test_a_number_of_another_type_is_told(count: object) -> None:
    assert "Member must be an Integer" in sentence("ListModelsInput", {"MaxResults": count})


def test_a_name_of_megabytes_does_not_come_back_whole() -> None:
    told = sentence("CreateModelInput", {"ModelName": "x" * 10_000_000, "ExecutionRoleArn": "x"})
    assert len(told) < 20_000
    assert "x…' at 'modelName'" in told
