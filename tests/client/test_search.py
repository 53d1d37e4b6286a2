"""SageMaker's Search as boto3 meets it, over a real socket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

SageMaker = Any


@pytest.fixture
def sagemaker(aws: Callable[..., Any]) -> SageMaker:
    """A client with an account of its own that has three training jobs."""
    client = aws("sagemaker")
    for number in range(3):
        client.create_training_job(
            TrainingJobName=f"job-{number}",
            HyperParameters={"depth": str(9 + number)},
            AlgorithmSpecification={
                "TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/none:1",
                "TrainingInputMode": "File",
            },
            RoleArn="arn:aws:iam::123456789012:role/service-role/any-role-of-this",
            OutputDataConfig={"S3OutputPath": f"s3://bucket/{number}"},
            ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            StoppingCondition={"MaxRuntimeInSeconds": 60},
            Tags=[{"Key": "number", "Value": str(number)}],
        )
    return client


def names(sagemaker: SageMaker, *filters: dict[str, str], **more: Any) -> list[str]:
    """The names of the training jobs that satisfy filters."""
    expression = {"SearchExpression": {"Filters": list(filters)}} if filters else {}
    pages = sagemaker.get_paginator("search").paginate(Resource="TrainingJob", **expression, **more)
    return [record["TrainingJob"]["TrainingJobName"] for page in pages for record in page["Results"]]


def test_jobs_are_found_by_nested_names_numbers_and_tags(sagemaker: SageMaker) -> None:
    path = {"Name": "OutputDataConfig.S3OutputPath", "Operator": "Equals", "Value": "s3://bucket/1"}
    assert names(sagemaker, path) == ["job-1"]
    depth = {"Name": "HyperParameters.depth", "Operator": "GreaterThan", "Value": "9"}
    assert sorted(names(sagemaker, depth)) == ["job-1", "job-2"]
    tag = {"Name": "Tags.number", "Operator": "Equals", "Value": "2"}
    assert names(sagemaker, tag, depth) == ["job-2"]


def test_results_come_in_pages_in_the_order_asked_for(sagemaker: SageMaker) -> None:
    assert names(
        sagemaker, SortBy="CreationTime", SortOrder="Ascending", PaginationConfig={"PageSize": 2}
    ) == [
        "job-0",
        "job-1",
        "job-2",
    ]
    assert names(sagemaker, SortBy="TrainingJobName") == ["job-2", "job-1", "job-0"]


def test_a_kind_that_has_no_resources_has_no_results(sagemaker: SageMaker) -> None:
    answer = sagemaker.search(
        Resource="ModelPackageGroup",
        SearchExpression={"Filters": [{"Name": "ModelPackageGroupName", "Value": "x", "Operator": "Equals"}]},
    )
    assert answer["Results"] == []
    assert answer["TotalHits"] == {"Value": 0, "Relation": "EqualTo"}


def test_a_property_that_is_not_there_is_refused(sagemaker: SageMaker) -> None:
    with pytest.raises(ClientError) as failure:
        names(sagemaker, {"Name": "Nonsense", "Operator": "Equals", "Value": "x"})
    assert failure.value.response["Error"]["Code"] == "ValidationException"
