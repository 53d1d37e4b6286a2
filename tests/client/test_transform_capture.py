"""Data capture of batch transform: manifests of what went in and what came out, and inference ids."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.client.test_transform import PROGRAM, ROWS, out, transform
from tests.shops import BUCKET, Shop

CAPTURE = {"DestinationS3Uri": f"s3://{BUCKET}/captured", "KmsKeyId": "", "GenerateInferenceId": False}
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


@pytest.fixture
def summing(shop: Shop) -> str:
    """A model that adds up."""
    return shop.model("summing", {"server.py": PROGRAM})


def captured(shop: Shop, side: str) -> tuple[str, list[Any]]:
    """The key and the content of the one manifest of a side."""
    (found,) = shop.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"captured/{side}/")["Contents"]
    return found["Key"], json.loads(shop.s3.get_object(Bucket=BUCKET, Key=found["Key"])["Body"].read())


def objects(manifest: list[Any]) -> list[str]:
    """What a manifest names."""
    return [manifest[0]["prefix"] + name for name in manifest[1:]]


def test_manifests_name_what_went_in_and_what_came_out_by_the_hour(shop: Shop, summing: str) -> None:
    shop.put("in/a b.csv", ROWS)
    shop.put("in/deep/ã.csv", ROWS)

    job = transform(shop, summing, f"s3://{BUCKET}/in", DataCaptureConfig=CAPTURE)

    assert (job["TransformJobStatus"], job["DataCaptureConfig"]) == ("Completed", CAPTURE)
    hour = job["TransformStartTime"].astimezone(UTC).strftime("%Y/%m/%d/%H")
    for side, folder, end in (("input", "in", ""), ("output", "out", ".out")):
        key, manifest = captured(shop, side)
        assert key.startswith(f"captured/{side}/{hour}/")
        assert objects(manifest) == [f"s3://{BUCKET}/{folder}/{name}.csv{end}" for name in ("a b", "deep/ã")]
    assert out(shop, "deep/ã.csv.out") == "3.0\n7.0\n11.0\n"


def test_a_captured_manifest_is_the_input_of_another_job(shop: Shop, summing: str) -> None:
    transform(shop, summing, shop.put("in/a.csv", ROWS), DataCaptureConfig=CAPTURE)
    key, _ = captured(shop, "input")
    again = {"S3DataSource": {"S3DataType": "ManifestFile", "S3Uri": f"s3://{BUCKET}/{key}"}}

    job = transform(
        shop,
        summing,
        "",
        name="again",
        source={"DataSource": again},
        target={"S3OutputPath": f"s3://{BUCKET}/again/"},
    )

    assert job.get("FailureReason") is None
    assert shop.s3.get_object(Bucket=BUCKET, Key="again/a.csv.out")["Body"].read() == b"3.0\n7.0\n11.0\n"


@pytest.mark.parametrize("strategy", ["MultiRecord", "SingleRecord"])
def test_each_csv_record_gets_an_inference_id_and_the_time_of_the_start(
    shop: Shop, summing: str, strategy: str
) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    wanted = {**CAPTURE, "GenerateInferenceId": True}

    transform(shop, summing, shop.put("in/a.csv", ROWS), DataCaptureConfig=wanted, BatchStrategy=strategy)

    rows = [line.split(",") for line in out(shop, "a.csv.out").splitlines()]
    assert [row[0] for row in rows] == ["3.0", "7.0", "11.0"]
    assert len({row[1] for row in rows}) == 3
    assert all(re.fullmatch(UUID, row[1]) for row in rows)
    (moment,) = {row[2] for row in rows}
    assert before <= datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) <= datetime.now(UTC)


def test_json_lines_get_the_reserved_members_after_join_and_filter(shop: Shop, summing: str) -> None:
    kind = {"ContentType": "application/jsonlines"}

    transform(
        shop,
        summing,
        shop.put("in/a.jsonl", b'{"id":1,"x":[1,2]}\n{"id":2,"x":[3]}\n'),
        source=kind,
        target={"Accept": "application/jsonlines"},
        DataCaptureConfig={**CAPTURE, "GenerateInferenceId": True},
        DataProcessing={"JoinSource": "Input", "OutputFilter": "$['id','SageMakerOutput']"},
    )

    lines = [json.loads(line) for line in out(shop, "a.jsonl.out").splitlines()]
    assert [list(line) for line in lines] == [
        ["id", "SageMakerOutput", "SageMakerInferenceId", "SageMakerInferenceTime"]
    ] * 2
    assert [line["SageMakerOutput"]["sum"] for line in lines] == [3, 3]


def test_a_failed_job_captures_nothing(shop: Shop, summing: str) -> None:
    transform(shop, summing, shop.put("in/a.csv", b"bad,row\n"), DataCaptureConfig=CAPTURE)

    assert "Contents" not in shop.s3.list_objects_v2(Bucket=BUCKET, Prefix="captured/")


def test_a_bucket_that_is_not_there_fails_the_job_before_any_work(shop: Shop, summing: str) -> None:
    wanted = {"DestinationS3Uri": "s3://nowhere/captured"}

    job = transform(shop, summing, shop.put("in/a.csv", ROWS), DataCaptureConfig=wanted)

    assert job["FailureReason"] == (
        "ClientError: s3://nowhere/captured cannot be written: The specified bucket does not exist"
    )
    assert "TransformStartTime" not in job


def test_inference_ids_in_an_output_that_has_no_records_are_refused(shop: Shop, summing: str) -> None:
    with pytest.raises(ClientError, match="GenerateInferenceId needs Accept to be one of text/csv"):
        transform(
            shop,
            summing,
            shop.put("in/a.csv", ROWS),
            target={"Accept": "application/x-parquet"},
            DataCaptureConfig={**CAPTURE, "GenerateInferenceId": True},
        )
