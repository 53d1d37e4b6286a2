"""Search expressions over documents."""

from __future__ import annotations

from typing import Any

import pytest

from oficina.errors import AwsError
from oficina.services.sagemaker.filters import compile_expression, needles

JOB: dict[str, Any] = {
    "TrainingJobName": "from-idea-1",
    "TrainingJobStatus": "Completed",
    "CreationTime": 1_700_000_000.5,
    "TrainingTimeInSeconds": 42,
    "EnableNetworkIsolation": False,
    "ModelArtifacts": {"S3ModelArtifacts": "s3://bucket/from-idea-1/output/model.tar.gz"},
    "HyperParameters": {"max_depth": "10", "sagemaker.program": "train.py"},
    "InputDataConfig": [
        {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3Uri": "s3://bucket/train"}}},
        {"ChannelName": "validation", "DataSource": {"S3DataSource": {"S3Uri": "s3://bucket/other"}}},
    ],
    "FinalMetricDataList": [{"MetricName": "validation:auc", "Value": 0.77, "Timestamp": 1.0}],
    "Tags": [{"Key": "team", "Value": "blue"}],
}


def holds(name: str, operator: str | None = None, value: str | None = None) -> bool:
    """Whether the job satisfies one filter."""
    one = {"Name": name, "Operator": operator, "Value": value}
    expression = {"Filters": [{key: item for key, item in one.items() if item is not None}]}
    return compile_expression(expression)(JOB)


@pytest.mark.parametrize(
    ("name", "operator", "value", "expected"),
    [
        ("ModelArtifacts.S3ModelArtifacts", "Equals", "s3://bucket/from-idea-1/output/model.tar.gz", True),
        ("ModelArtifacts.S3ModelArtifacts", "Equals", "s3://bucket/from-idea-1", False),
        ("TrainingJobName", None, "from-idea-1", True),
        ("TrainingJobName", "Contains", "idea", True),
        ("TrainingJobStatus", "NotEquals", "Failed", True),
        ("TrainingJobStatus", "NotEquals", "Completed", False),
        ("TrainingJobStatus", "In", "Failed, Completed", True),
        ("TrainingTimeInSeconds", "GreaterThan", "41.5", True),
        ("TrainingTimeInSeconds", "GreaterThan", "42", False),
        ("TrainingTimeInSeconds", "GreaterThanOrEqualTo", "42", True),
        ("TrainingTimeInSeconds", "LessThan", "100", True),
        ("TrainingTimeInSeconds", "LessThanOrEqualTo", "41", False),
        ("HyperParameters.max_depth", "GreaterThan", "9", True),
        ("HyperParameters.sagemaker.program", "Equals", "train.py", True),
        ("CreationTime", "GreaterThan", "2023-11-14T00:00:00Z", True),
        ("CreationTime", "LessThan", "2023-11-14", False),
        ("EnableNetworkIsolation", "Equals", "False", True),
        ("Metrics.validation:auc", "GreaterThan", "0.7", True),
        ("Tags.team", "Equals", "blue", True),
        ("Tags.team", "NotExists", None, False),
        ("Tags.other", "NotExists", None, True),
        ("FailureReason", "Exists", None, False),
        ("InputDataConfig.DataSource.S3DataSource.S3Uri", "Contains", "other", True),
    ],
)
def test_a_filter_decides_about_a_property(
    name: str, operator: str | None, value: str | None, expected: bool
) -> None:
    assert holds(name, operator, value) is expected


def test_filters_hold_together_or_one_of_them() -> None:
    good = {"Name": "TrainingJobStatus", "Operator": "Equals", "Value": "Completed"}
    bad = {"Name": "TrainingJobStatus", "Operator": "Equals", "Value": "Failed"}
    assert not compile_expression({"Filters": [good, bad]})(JOB)
    assert compile_expression({"Filters": [good, bad], "Operator": "Or"})(JOB)
    assert compile_expression({"SubExpressions": [{"Filters": [good, bad], "Operator": "Or"}]})(JOB)
    assert compile_expression({})(JOB)


def test_nested_filters_hold_for_one_item_of_a_list() -> None:
    def nested(channel: str, uri: str) -> bool:
        names = ("InputDataConfig.ChannelName", "InputDataConfig.DataSource.S3DataSource.S3Uri")
        found = [
            {"Name": name, "Operator": "Contains", "Value": value}
            for name, value in zip(names, (channel, uri), strict=True)
        ]
        one = {"NestedPropertyName": "InputDataConfig", "Filters": found}
        return compile_expression({"NestedFilters": [one]})(JOB)

    assert nested("train", "bucket/train")
    assert not nested("train", "bucket/other")


def test_a_filter_without_the_value_it_needs_is_refused() -> None:
    with pytest.raises(AwsError) as failure:
        holds("TrainingJobName", "Contains")
    assert failure.value.code == "ValidationException"


def test_only_what_must_be_in_a_document_is_a_needle() -> None:
    filters = [
        {"Name": "TrainingJobName", "Operator": "Contains", "Value": "idea"},
        {"Name": "TrainingTimeInSeconds", "Operator": "Equals", "Value": "42"},
        {"Name": "TrainingJobStatus", "Operator": "NotEquals", "Value": "Failed"},
        {"Name": "Tags.team", "Operator": "Equals", "Value": "blue"},
    ]
    assert needles({"Filters": filters}) == ["idea"]
    assert needles({"Filters": filters, "Operator": "Or"}) == []
