"""Transform jobs under kill -9: of the server at each named point, of the job's own processes.

One claim for all: every file has its result once, or none; and the job reaches a terminal state.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import shops
from tests.servers import Server, dying
from tests.shops import BUCKET, Shop
from tests.waiting import wait_until

ACCOUNT = "444455556666"
PROGRAM = (Path(__file__).parents[1] / "programs" / "summing_server.py").read_bytes()


def shop_of(server: Server) -> Shop:
    """An account of the server, as its clients see it; the bucket is there."""
    shop = Shop(
        *(
            server.client(name, ACCOUNT)
            for name in ("s3", "sagemaker", "sagemaker-runtime", "logs", "cloudwatch")
        )
    )
    shop.s3.create_bucket(Bucket=BUCKET)
    return shop


def create(server: Server, files: dict[str, bytes], **environment: str) -> Shop:
    """A job over these files; it captures its data."""
    shops.teach(server)
    shop = shop_of(server)
    shop.put("model/server.py", PROGRAM)
    where = {"S3Uri": f"s3://{BUCKET}/model/", "S3DataType": "S3Prefix", "CompressionType": "None"}
    model = shop.model_of("summing", {"ModelDataSource": {"S3DataSource": where}}, **environment)
    for name, data in files.items():
        shop.put(f"in/{name}", data)
    with dying():
        shop.sagemaker.create_transform_job(
            TransformJobName="batch",
            ModelName=model,
            TransformInput={
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/in/"}},
                "ContentType": "text/csv",
                "SplitType": "Line",
            },
            TransformOutput={"S3OutputPath": f"s3://{BUCKET}/out", "AssembleWith": "Line"},
            TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
            DataCaptureConfig={"DestinationS3Uri": f"s3://{BUCKET}/captured"},
        )
    return shop


def ended(shop: Shop) -> dict[str, Any]:
    """The last Describe."""

    def look() -> dict[str, Any] | None:
        job: dict[str, Any] = shop.sagemaker.describe_transform_job(TransformJobName="batch")
        return job if job["TransformJobStatus"] in ("Completed", "Failed", "Stopped") else None

    found = wait_until(look, "the transform job did not end")
    assert found is not None
    return found


def objects(shop: Shop, prefix: str) -> dict[str, bytes]:
    """What is below a prefix, every version of it."""
    found = shop.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    return {one["Key"]: shop.s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read() for one in found}


def started(server: Server) -> bool:
    """Whether the job's program runs."""
    return any((server.home / "jobs").glob("batch-*/started.json"))


@pytest.mark.parametrize(
    "where", ["staged", "launched", "placed", "transformed", "captured", "collected", "recorded"]
)
def test_a_server_killed_at_any_point_finishes_the_job_once(
    start_server: Callable[..., Server], tmp_path: Path, where: str
) -> None:
    home = tmp_path / "home"
    server = start_server(home, "--open", OFICINA_CHAOS=where)
    create(server, {"a.csv": b"1,2\n", "b.csv": b"3,4\n"})
    server.ended()

    shop = shop_of(start_server(home, "--open"))

    job = ended(shop)
    assert (job["TransformJobStatus"], job.get("FailureReason")) == ("Completed", None)
    assert objects(shop, "out/") == {"out/a.csv.out": b"3.0\n", "out/b.csv.out": b"7.0\n"}
    manifests = [json.loads(data) for data in objects(shop, "captured/").values()]
    assert [manifest[1:] for manifest in manifests] == [["a.csv", "b.csv"], ["a.csv.out", "b.csv.out"]]
    assert job["TransformStartTime"] <= job["TransformEndTime"]


def test_a_job_outlives_its_server(start_server: Callable[..., Server], tmp_path: Path) -> None:
    home = tmp_path / "home"
    server = start_server(home, "--open")
    create(server, {"a.csv": b"wait\n"}, WAIT="1.5")
    wait_until(lambda: started(server), "the program did not start")
    server.kill()

    shop = shop_of(start_server(home, "--open"))

    assert ended(shop)["TransformJobStatus"] == "Completed"
    assert objects(shop, "out/") == {"out/a.csv.out": b"wait\n"}


def test_a_killed_supervisor_fails_the_job_and_leaves_nothing(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    server = start_server(tmp_path / "home", "--open")
    shop = create(server, {"a.csv": b"1,2\n", "b.csv": b"wait\n"}, WAIT="600")
    wait_until(lambda: started(server), "the program did not start")
    (folder,) = (server.home / "jobs").glob("batch-*")

    os.kill(int((folder / "supervisor.pid").read_text().split()[0]), signal.SIGKILL)

    job = ended(shop)
    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("InternalServerError")
    assert objects(shop, "out/") == objects(shop, "captured/") == {}


def test_a_full_disk_fails_the_job_and_leaves_nothing(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    server = start_server(tmp_path / "home", "--open", OFICINA_FREE_BYTES=str(1 << 60))
    shop = create(server, {"a.csv": (b"x" * 999 + b"\n") * 7000 + b"wait\n"}, WAIT="600")

    job = ended(shop)

    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: ")
    assert "disk" in job["FailureReason"]
    assert objects(shop, "out/") == objects(shop, "captured/") == {}
