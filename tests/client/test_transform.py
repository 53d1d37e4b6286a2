"""Batch transform jobs through boto3: a model served for a job, its predictions in the bucket."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.jobs import ROLE
from tests.registry import group, register
from tests.shops import BUCKET, Shop
from tests.waiting import wait_until

PROGRAM = (Path(__file__).parents[1] / "programs" / "summing_server.py").read_bytes()
ROWS = b"1,2\n3,4\n5,6\n"


@pytest.fixture
def summing(shop: Shop) -> str:
    """A model that adds up."""
    return shop.model("summing", {"server.py": PROGRAM})


def transform(shop: Shop, model: str, data: str, **members: Any) -> dict[str, Any]:
    """Runs a job and gives the last Describe; ``source`` and ``target`` are members of input and output."""
    source = {"ContentType": "text/csv", "SplitType": "Line", **members.pop("source", {})}
    target = {"Accept": "text/csv", "AssembleWith": "Line", **members.pop("target", {})}
    name = members.pop("name", "batch")
    where = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": data}}
    request = {
        "TransformJobName": name,
        "ModelName": model,
        "TransformInput": {"DataSource": where, **source},
        "TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/out", **target},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": members.pop("hosts", 1)},
        **members,
    }
    shop.sagemaker.create_transform_job(**request)

    def ended() -> dict[str, Any] | None:
        job: dict[str, Any] = shop.sagemaker.describe_transform_job(TransformJobName=name)
        return job if job["TransformJobStatus"] in ("Completed", "Failed", "Stopped") else None

    found = wait_until(ended, "the transform job did not end")
    assert found is not None
    return found


def out(shop: Shop, name: str) -> str:
    """A result's text."""
    text: bytes = shop.s3.get_object(Bucket=BUCKET, Key=f"out/{name}")["Body"].read()
    return text.decode()


def test_every_file_below_the_prefix_has_its_predictions(shop: Shop, summing: str) -> None:
    shop.put("in/a.csv", ROWS)
    shop.put("in/deep/b.csv", b"10,20\n")

    job = transform(shop, summing, f"s3://{BUCKET}/in/")

    assert (job["TransformJobStatus"], job.get("FailureReason")) == ("Completed", None)
    assert out(shop, "a.csv.out") == "3.0\n7.0\n11.0\n"
    assert out(shop, "deep/b.csv.out") == "30.0\n"
    assert job["TransformStartTime"] <= job["TransformEndTime"]


def test_a_model_of_an_approved_package_is_served_for_the_job(shop: Shop) -> None:
    group(shop)
    arn = register(shop, ModelApprovalStatus="Approved")
    shop.sagemaker.create_model(ModelName="m", Containers=[{"ModelPackageName": arn}], ExecutionRoleArn=ROLE)

    job = transform(shop, "m", shop.put("in/a.csv", b"echo one\necho two\n"), BatchStrategy="SingleRecord")

    assert (job["TransformJobStatus"], job.get("FailureReason")) == ("Completed", None)
    assert out(shop, "a.csv.out") == "one\ntwo\n"


@pytest.mark.parametrize(("strategy", "sizes"), [("MultiRecord", "3\n3\n3\n"), ("SingleRecord", "1\n1\n1\n")])
def test_the_strategy_decides_how_many_records_go_at_once(shop: Shop, strategy: str, sizes: str) -> None:
    model = shop.model("sizes", {"server.py": PROGRAM})

    transform(shop, model, shop.put("in/a.csv", ROWS), BatchStrategy=strategy)

    assert out(shop, "a.csv.out") == sizes


def test_predictions_are_joined_to_their_input_and_filtered(shop: Shop, summing: str) -> None:
    processing = {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"}
    data = shop.put("in/a.csv", b"id1,1,2\nid2,3,4\n")

    transform(shop, summing, data, DataProcessing=processing)

    assert out(shop, "a.csv.out") == "id1,3.0\nid2,7.0\n"


def test_json_lines_get_the_output_under_awss_name(shop: Shop, summing: str) -> None:
    kind = "application/jsonlines"
    data = shop.put("in/a.jsonl", b'{"id":1,"x":[1,2]}\n{"id":2,"x":[3]}\n')

    transform(
        shop,
        summing,
        data,
        source={"ContentType": kind},
        target={"Accept": kind},
        DataProcessing={"JoinSource": "Input", "OutputFilter": "$['id','SageMakerOutput']"},
    )

    assert out(shop, "a.jsonl.out") == (
        '{"id":1,"SageMakerOutput":{"sum":3}}\n{"id":2,"SageMakerOutput":{"sum":3}}\n'
    )


def test_a_compressed_input_is_read(shop: Shop, summing: str) -> None:
    data = shop.put("in/a.csv.gz", gzip.compress(ROWS))

    transform(shop, summing, data, source={"CompressionType": "Gzip"})

    assert out(shop, "a.csv.gz.out") == "3.0\n7.0\n11.0\n"


def test_hosts_share_the_files(shop: Shop, summing: str) -> None:
    for name in "ab":
        shop.put(f"in/{name}.csv", ROWS)

    transform(shop, summing, f"s3://{BUCKET}/in/", hosts=2)

    assert out(shop, "a.csv.out") == out(shop, "b.csv.out") == "3.0\n7.0\n11.0\n"


@pytest.mark.parametrize("strategy", ["MultiRecord", "SingleRecord"])
def test_a_bad_record_fails_the_job_and_is_named(shop: Shop, summing: str, strategy: str) -> None:
    data = shop.put("in/a.csv", b"1,2\nbad,row\n5,6\n")

    job = transform(shop, summing, data, BatchStrategy=strategy)

    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"] == (
        "ClientError: a.csv: record 2: Bad HTTP status returned from invoke: 400; a row is bad"
    )


def test_a_model_that_does_not_come_up_fails_the_job(shop: Shop) -> None:
    model = shop.model("broken", {"server.py": b"raise SystemExit(3)\n"})

    job = transform(shop, model, shop.put("in/a.csv", ROWS))

    assert job["FailureReason"] == "ClientError: The model server ended with exit code 3."


def test_a_filter_that_is_no_path_is_refused(shop: Shop, summing: str) -> None:
    data = shop.put("in/a.csv", ROWS)

    with pytest.raises(ClientError, match=r"DataProcessing.InputFilter is not valid"):
        transform(shop, summing, data, DataProcessing={"InputFilter": "x[1]"})


def test_a_model_that_is_not_there_is_told(shop: Shop) -> None:
    with pytest.raises(ClientError, match="Could not find model"):
        transform(shop, "nobody", shop.put("in/a.csv", ROWS))


def test_members_are_echoed_and_jobs_are_listed(shop: Shop, summing: str) -> None:
    job = transform(
        shop,
        summing,
        shop.put("in/a.csv", ROWS),
        MaxPayloadInMB=1,
        MaxConcurrentTransforms=2,
        Environment={"A": "b"},
    )

    assert (job["MaxPayloadInMB"], job["MaxConcurrentTransforms"], job["Environment"]) == (1, 2, {"A": "b"})
    assert job["TransformInput"]["CompressionType"] == "None"
    listed = shop.sagemaker.list_transform_jobs(StatusEquals="Completed")["TransformJobSummaries"]
    assert [each["TransformJobName"] for each in listed] == ["batch"]
