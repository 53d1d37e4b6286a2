"""CloudWatch metrics as boto3 meets them, over a real socket."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

MINUTE = datetime.fromtimestamp(time.time() // 60 * 60 - 600, UTC)
Cloudwatch = Any
JOB = [{"Name": "TrainingJobName", "Value": "job-1"}]


@pytest.fixture
def cloudwatch(aws: Callable[..., Any]) -> Cloudwatch:
    """A client with an empty account."""
    return aws("cloudwatch")


def put(cloudwatch: Cloudwatch, name: str, *values: float, dimensions: Any = JOB, **more: Any) -> None:
    """One value every twenty seconds."""
    data = [
        {
            "MetricName": name,
            "Dimensions": dimensions,
            "Value": value,
            "Timestamp": MINUTE + timedelta(seconds=20 * number),
            **more,
        }
        for number, value in enumerate(values)
    ]
    cloudwatch.put_metric_data(Namespace="/aws/sagemaker/TrainingJobs", MetricData=data)


def statistics(cloudwatch: Cloudwatch, name: str, *wanted: str, period: int = 60, **more: Any) -> Any:
    """The statistics of a metric of the job."""
    return cloudwatch.get_metric_statistics(
        Namespace="/aws/sagemaker/TrainingJobs",
        MetricName=name,
        Dimensions=JOB,
        StartTime=MINUTE + timedelta(seconds=7),
        EndTime=MINUTE + timedelta(minutes=5),
        Period=period,
        Statistics=list(wanted),
        **more,
    )


def test_values_are_summed_up_by_period(cloudwatch: Cloudwatch) -> None:
    put(cloudwatch, "auc", 1.0, 2.0, 6.0, 10.0)
    answer = statistics(cloudwatch, "auc", "Average", "Sum", "Minimum", "Maximum", "SampleCount")
    assert answer["Label"] == "auc"
    assert answer["Datapoints"] == [
        {
            "Timestamp": MINUTE,
            "SampleCount": 3.0,
            "Average": 3.0,
            "Sum": 9.0,
            "Minimum": 1.0,
            "Maximum": 6.0,
            "Unit": "None",
        },
        {
            "Timestamp": MINUTE + timedelta(minutes=1),
            "SampleCount": 1.0,
            "Average": 10.0,
            "Sum": 10.0,
            "Minimum": 10.0,
            "Maximum": 10.0,
            "Unit": "None",
        },
    ]


def test_a_metric_that_nobody_put_has_no_datapoints(cloudwatch: Cloudwatch) -> None:
    assert statistics(cloudwatch, "none", "Average")["Datapoints"] == []


def test_dimensions_must_be_the_same(cloudwatch: Cloudwatch) -> None:
    put(cloudwatch, "auc", 1.0, dimensions=[*JOB, {"Name": "Host", "Value": "algo-1"}])
    assert statistics(cloudwatch, "auc", "Average")["Datapoints"] == []


def test_values_with_counts_and_sets_of_values_count_as_many(cloudwatch: Cloudwatch) -> None:
    data = [
        {
            "MetricName": "m",
            "Timestamp": MINUTE,
            "Values": [1.0, 4.0],
            "Counts": [3.0, 1.0],
            "Unit": "Seconds",
        },
        {
            "MetricName": "m",
            "Timestamp": MINUTE,
            "Unit": "Seconds",
            "StatisticValues": {"SampleCount": 4.0, "Sum": 33.0, "Minimum": 0.5, "Maximum": 20.0},
        },
    ]
    cloudwatch.put_metric_data(Namespace="N", MetricData=data)
    (point,) = cloudwatch.get_metric_statistics(
        Namespace="N",
        MetricName="m",
        StartTime=MINUTE,
        EndTime=MINUTE + timedelta(minutes=1),
        Period=60,
        Statistics=["Average", "Minimum", "Maximum", "SampleCount"],
    )["Datapoints"]
    assert point["SampleCount"] == 8.0
    assert (point["Average"], point["Minimum"], point["Maximum"]) == (5.0, 0.5, 20.0)
    assert point["Unit"] == "Seconds"


def test_percentiles_are_computed(cloudwatch: Cloudwatch) -> None:
    data = {"MetricName": "m", "Timestamp": MINUTE, "Values": [float(n) for n in range(1, 101)]}
    cloudwatch.put_metric_data(Namespace="N", MetricData=[data])
    (point,) = cloudwatch.get_metric_statistics(
        Namespace="N",
        MetricName="m",
        StartTime=MINUTE,
        EndTime=MINUTE + timedelta(minutes=1),
        Period=60,
        ExtendedStatistics=["p50", "p99.9"],
    )["Datapoints"]
    assert point["ExtendedStatistics"] == {"p50": 50.0, "p99.9": 100.0}


def test_a_large_put_arrives_compressed(cloudwatch: Cloudwatch) -> None:
    seen: list[str] = []

    def look(request: Any, **_: Any) -> None:
        encoding = request.headers.get("Content-Encoding", "")
        seen.append(encoding.decode() if isinstance(encoding, bytes) else encoding)

    cloudwatch.meta.events.register("before-send.cloudwatch", look)
    put(cloudwatch, "many", *(float(n) for n in range(300)))
    assert seen == ["gzip"]
    total = sum(point["SampleCount"] for point in statistics(cloudwatch, "many", "SampleCount")["Datapoints"])
    assert total == 15.0  # five minutes of the hundred


@pytest.mark.parametrize(
    ("datum", "expected"),
    [
        ({"Value": 1.0, "Values": [1.0]}, "InvalidParameterCombination"),
        ({"Value": float("nan")}, "InvalidParameterValue"),
        ({"Values": [1.0, 2.0], "Counts": [1.0]}, "InvalidParameterValue"),
    ],
)
def test_a_datum_that_is_not_right_is_refused(
    cloudwatch: Cloudwatch, datum: dict[str, Any], expected: str
) -> None:
    with pytest.raises(ClientError) as failure:
        cloudwatch.put_metric_data(Namespace="N", MetricData=[{"MetricName": "m", **datum}])
    assert failure.value.response["Error"]["Code"] == expected


def test_an_error_is_the_class_that_the_client_knows(cloudwatch: Cloudwatch) -> None:
    with pytest.raises(cloudwatch.exceptions.InvalidParameterCombinationException) as failure:
        cloudwatch.get_metric_statistics(
            Namespace="N",
            MetricName="m",
            StartTime=MINUTE - timedelta(days=3),
            EndTime=MINUTE,
            Period=60,
            Statistics=["Average"],
        )
    assert failure.value.response["Error"]["Code"] == "InvalidParameterCombination"
    assert "1,440" in str(failure.value)


def test_several_metrics_and_a_sum_of_them_come_at_once(cloudwatch: Cloudwatch) -> None:
    put(cloudwatch, "a", 1.0, 2.0, 3.0, 10.0)
    put(cloudwatch, "b", 2.0, 2.0, 2.0, 5.0)
    queries = [
        {
            "Id": name,
            "MetricStat": {
                "Metric": {
                    "Namespace": "/aws/sagemaker/TrainingJobs",
                    "MetricName": name,
                    "Dimensions": JOB,
                },
                "Period": 60,
                "Stat": "Average",
            },
        }
        for name in ("a", "b")
    ]
    queries.append({"Id": "e", "Expression": "(a + b) / 2 * 100", "Label": "both"})
    pages = cloudwatch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries,
        StartTime=MINUTE,
        EndTime=MINUTE + timedelta(minutes=5),
        ScanBy="TimestampAscending",
        MaxDatapoints=4,
    )
    found: dict[str, list[float]] = {}
    for page in pages:
        for result in page["MetricDataResults"]:
            found.setdefault(result["Label"], []).extend(result["Values"])
    assert found == {"a": [2.0, 10.0], "b": [2.0, 5.0], "both": [200.0, 750.0]}


def test_metric_math_of_other_kinds_is_refused_by_name(cloudwatch: Cloudwatch) -> None:
    with pytest.raises(ClientError) as failure:
        cloudwatch.get_metric_data(
            MetricDataQueries=[{"Id": "e", "Expression": "SEARCH('x', 'Sum', 60)"}],
            StartTime=MINUTE,
            EndTime=MINUTE + timedelta(minutes=5),
        )
    assert failure.value.response["Error"]["Code"] == "InvalidParameterValue"


def test_metrics_are_listed_by_what_they_have(cloudwatch: Cloudwatch) -> None:
    put(cloudwatch, "auc", 1.0)
    put(cloudwatch, "auc", 1.0, dimensions=[{"Name": "TrainingJobName", "Value": "job-2"}])
    put(cloudwatch, "loss", 1.0, dimensions=[{"Name": "Host", "Value": "algo-1"}])

    def listed(**filters: Any) -> list[tuple[str, str]]:
        pages = cloudwatch.get_paginator("list_metrics").paginate(**filters)
        return [
            (one["MetricName"], one["Dimensions"][0]["Value"]) for page in pages for one in page["Metrics"]
        ]

    assert listed(MetricName="auc") == [("auc", "job-1"), ("auc", "job-2")]
    assert listed(Dimensions=[{"Name": "TrainingJobName", "Value": "job-2"}]) == [("auc", "job-2")]
    assert listed(Dimensions=[{"Name": "Host"}]) == [("loss", "algo-1")]
    assert listed(Namespace="none") == []
    assert len(listed(RecentlyActive="PT3H")) == 3


def test_regions_are_worlds_of_their_own(aws: Callable[..., Any]) -> None:
    put(aws("cloudwatch"), "auc", 1.0)
    assert aws("cloudwatch", region="sa-east-1").list_metrics()["Metrics"] == []


def test_an_operation_that_is_not_there_is_refused_by_name(cloudwatch: Cloudwatch) -> None:
    with pytest.raises(ClientError) as failure:
        cloudwatch.describe_alarms()
    assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert "DescribeAlarms" in str(failure.value)
