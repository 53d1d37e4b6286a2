"""Warm pools through boto3: their statuses, who may take one, and the folder that its jobs share."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.jobs import Bench
from tests.waiting import wait_until

WRITE = "import os; open(os.environ['SAGEMAKER_MANAGED_WARMPOOL_CACHE_DIRECTORY'] + '/kept', 'w').write('x')"
LOOK = (
    "import os\n"
    "folder = '/opt/ml/sagemaker/warmpoolcache'\n"
    "print('kept' if os.path.exists(folder + '/kept') else 'nothing')\n"
)


def kept(seconds: int | None = 600, **more: Any) -> dict[str, Any]:
    """Members of a job that keeps its resources."""
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5, **more}
    if seconds is not None:
        resources["KeepAlivePeriodInSeconds"] = seconds
    return {"ResourceConfig": resources}


def status(bench: Bench, name: str) -> dict[str, Any]:
    """The warm pool as a job tells it."""
    told: dict[str, Any] = bench.sagemaker.describe_training_job(TrainingJobName=name)["WarmPoolStatus"]
    return told


def update(bench: Bench, name: str, seconds: int) -> None:
    """Changes how long a pool is kept."""
    bench.sagemaker.update_training_job(
        TrainingJobName=name, ResourceConfig={"KeepAlivePeriodInSeconds": seconds}
    )


def test_a_matching_job_takes_the_pool_and_what_it_holds(bench: Bench) -> None:
    first = bench.train(WRITE, **kept())
    assert first["WarmPoolStatus"]["Status"] == "Available"

    second = bench.train(LOOK, **kept())

    left = status(bench, "job-1")
    assert (left["Status"], left["ReusedByJob"]) == ("Reused", "job-2")
    assert left["ResourceRetainedBillableTimeInSeconds"] >= 1
    assert second["WarmPoolStatus"]["Status"] == "Available"
    assert bench.log("job-2") == "kept"


def test_a_pool_is_in_use_while_its_job_runs(bench: Bench) -> None:
    bench.sagemaker.create_training_job(**bench.training("import time; time.sleep(600)", **kept()))
    bench.sagemaker.create_training_job(**bench.training(LOOK, **kept()))

    jobs = bench.sagemaker.list_training_jobs(WarmPoolStatusEquals="InUse")["TrainingJobSummaries"]
    assert "job-1" in [each["TrainingJobName"] for each in jobs]
    assert bench.trained("job-2")["WarmPoolStatus"]["Status"] == "Available"
    assert bench.log("job-2") == "nothing"
    bench.sagemaker.stop_training_job(TrainingJobName="job-1")
    bench.trained("job-1")


@pytest.mark.parametrize(
    "other",
    [
        kept(InstanceType="ml.m5.xlarge"),
        kept(VolumeSizeInGB=6),
        {**kept(), "EnableNetworkIsolation": True},
        {**kept(), "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}},
        {**kept(), "RoleArn": "arn:aws:iam::123456789012:role/another"},
    ],
    ids=["instance", "volume", "isolation", "vpc", "role"],
)
def test_a_job_that_is_not_alike_does_not_take_it(bench: Bench, other: dict[str, Any]) -> None:
    bench.train(WRITE, **kept())

    bench.train(LOOK, **other)

    assert status(bench, "job-1")["Status"] == "Available"
    assert bench.log("job-2") == "nothing"


def test_a_job_that_keeps_nothing_may_take_a_pool_and_ends_it(bench: Bench) -> None:
    bench.train(WRITE, **kept())

    second = bench.train(LOOK, **kept(None))

    assert bench.log("job-2") == "kept"
    assert second["WarmPoolStatus"]["Status"] == "Terminated"


def test_a_job_without_a_pool_tells_of_none(bench: Bench) -> None:
    assert "WarmPoolStatus" not in bench.train("pass")
    assert "WarmPoolStatus" not in bench.train("pass", **kept(0))


def test_a_pool_ends_when_its_time_is_over(bench: Bench) -> None:
    bench.train(WRITE, **kept(1))

    wait_until(lambda: status(bench, "job-1")["Status"] == "Terminated", "the pool did not end")

    assert status(bench, "job-1")["ResourceRetainedBillableTimeInSeconds"] == 1
    bench.train(LOOK, **kept())
    assert bench.log("job-2") == "nothing"


def test_a_pool_is_kept_longer_and_ended_by_an_update(bench: Bench) -> None:
    bench.train(WRITE, **kept(600))

    update(bench, "job-1", 1200)
    job = bench.sagemaker.describe_training_job(TrainingJobName="job-1")
    update(bench, "job-1", 0)

    assert job["ResourceConfig"]["KeepAlivePeriodInSeconds"] == 1200
    assert job["WarmPoolStatus"]["Status"] == "Available"
    assert status(bench, "job-1")["Status"] == "Terminated"
    with pytest.raises(ClientError, match="only be updated when the warm pool status is Available"):
        update(bench, "job-1", 60)


def test_a_failed_job_leaves_its_pool(bench: Bench) -> None:
    job = bench.train("raise SystemExit(1)", **kept())

    assert (job["TrainingJobStatus"], job["WarmPoolStatus"]["Status"]) == ("Failed", "Available")


def test_jobs_are_listed_by_the_status_of_their_pool(bench: Bench) -> None:
    bench.train("pass")
    bench.train("pass", **kept())

    found = bench.sagemaker.list_training_jobs(WarmPoolStatusEquals="Available")["TrainingJobSummaries"]

    assert [(each["TrainingJobName"], each["WarmPoolStatus"]["Status"]) for each in found] == [
        ("job-2", "Available")
    ]


def test_the_profiler_of_a_running_job_can_be_changed(bench: Bench) -> None:
    bench.sagemaker.create_training_job(**bench.training("import time; time.sleep(600)"))

    config = {"S3OutputPath": "s3://workbench/p", "ProfilingIntervalInMilliseconds": 500}
    bench.sagemaker.update_training_job(TrainingJobName="job-1", ProfilerConfig=config)
    bench.sagemaker.stop_training_job(TrainingJobName="job-1")

    job = bench.trained("job-1")
    assert (job["ProfilerConfig"], job["ProfilingStatus"]) == (config, "Enabled")
    with pytest.raises(ClientError, match="in status Stopped"):
        bench.sagemaker.update_training_job(TrainingJobName="job-1", ProfilerConfig={"DisableProfiler": True})


def test_spot_instances_are_not_kept(bench: Bench) -> None:
    request = bench.training("pass", **kept(), EnableManagedSpotTraining=True)

    with pytest.raises(ClientError, match="not supported with EnableManagedSpotTraining"):
        bench.sagemaker.create_training_job(**request)
