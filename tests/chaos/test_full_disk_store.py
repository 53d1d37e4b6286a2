"""A full disk and what clients ask: a refusal in AWS's shape, nothing half-done, nothing lost."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from itertools import count, takewhile
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests import shops
from tests.jobs import Bench
from tests.servers import Server
from tests.shops import Shop, variant
from tests.small_disks import SmallDisk, is_refusal
from tests.waiting import wait_until

ACCOUNT = "444455556666"
PART = 5 << 20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A small disk."""
    made = SmallDisk.make(tmp_path)
    yield made
    made.close()


def bench_of(server: Server) -> Bench:
    """An account of the server, with its bucket."""
    bench = Bench(*(server.client(service, ACCOUNT) for service in ("s3", "sagemaker", "logs")))
    bench.s3.create_bucket(Bucket=bench.bucket)
    return bench


def refused(call: Callable[[], Any]) -> None:
    """Asserts that a call is refused for want of room."""
    with pytest.raises(ClientError) as error:
        call()
    assert is_refusal(dict(error.value.response)), error.value.response


def until_refused(call: Callable[[int], Any]) -> int:
    """How many calls were answered before there was no room for another."""
    return sum(1 for _ in takewhile(lambda number: answers(call, number), count()))


def answers(call: Callable[[int], Any], number: int) -> bool:
    """Whether there is room for what is asked."""
    try:
        call(number)
    except ClientError as error:
        if not is_refusal(dict(error.response)):
            raise
        return False
    return True


def test_an_upload_in_parts_goes_on_when_there_is_room(disk: SmallDisk) -> None:
    bench = bench_of(disk.start())
    where = {"Bucket": bench.bucket, "Key": "large"}
    upload = where | {"UploadId": bench.s3.create_multipart_upload(**where)["UploadId"]}

    def send(number: int) -> dict[str, Any]:
        body = bytes([number]) * PART
        return {
            "PartNumber": number,
            "ETag": bench.s3.upload_part(**upload, PartNumber=number, Body=body)["ETag"],
        }

    first = send(1)
    disk.fill()
    refused(lambda: send(2))
    disk.exhaust(bench.sagemaker)
    refused(lambda: send(2))
    refused(lambda: bench.s3.create_multipart_upload(**where))
    refused(lambda: bench.s3.abort_multipart_upload(**upload))
    assert [part["PartNumber"] for part in bench.s3.list_parts(**upload)["Parts"]] == [1]
    disk.free()
    second = send(2)
    disk.exhaust(bench.sagemaker)
    refused(lambda: bench.s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [first, second]}))
    refused(lambda: bench.put("small", b"x"))
    assert not bench.keys()
    assert len(bench.s3.list_parts(**upload)["Parts"]) == 2
    disk.free()
    bench.s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [first, second]})

    assert bench.get("large") == b"\x01" * PART + b"\x02" * PART
    blobs = [path for path in disk.home.glob("blobs/*/*") if path.is_file()]
    assert sum(path.stat().st_size for path in blobs) == 2 * PART
    assert not list(disk.home.glob("incoming/*"))


def test_a_package_is_registered_with_all_that_belongs_to_it_or_not_at_all(disk: SmallDisk) -> None:
    bench = bench_of(disk.start())
    bench.sagemaker.create_model_package_group(ModelPackageGroupName="group")
    disk.fill(leave=512 << 10)

    def register(number: int) -> None:
        bench.sagemaker.create_model_package(
            ModelPackageGroupName="group",
            ModelPackageDescription=f"{number} " + "x" * 1000,
            ModelApprovalStatus="Approved",
        )

    made = until_refused(register)
    refused(lambda: register(made))
    refused(
        lambda: bench.sagemaker.update_model_package(
            ModelPackageArn=f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:model-package/group/1",
            ModelApprovalStatus="Rejected",
            ApprovalDescription="x" * 1000,
        )
    )
    disk.free()

    listed = bench.sagemaker.list_model_packages(ModelPackageGroupName="group", MaxResults=100)
    assert len(listed["ModelPackageSummaryList"]) == made > 0
    assert {each["ModelApprovalStatus"] for each in listed["ModelPackageSummaryList"]} == {"Approved"}
    arns = sorted(each["ModelPackageArn"] for each in listed["ModelPackageSummaryList"])
    told = disk.rows("SELECT json_extract(resources, '$[0]') FROM outbox WHERE detail LIKE '%group%'")
    assert sorted(arn for (arn,) in told if arn in arns) == arns
    register(made)
    versions = bench.sagemaker.list_model_packages(ModelPackageGroupName="group", MaxResults=100)
    assert max(each["ModelPackageVersion"] for each in versions["ModelPackageSummaryList"]) == made + 1


def test_a_reset_that_there_is_no_room_for_leaves_everything(disk: SmallDisk) -> None:
    server = disk.start()
    shops.teach(server)
    shop = Shop.of(lambda service: server.client(service, ACCOUNT))
    shop.open("one", variant(shop.model("m")))
    bench = Bench(shop.s3, shop.sagemaker, shop.logs, bucket=shops.BUCKET)
    bench.sagemaker.create_processing_job(**bench.processing("import time; time.sleep(1000)"))
    describe = bench.sagemaker.describe_processing_job
    wait_until(lambda: "ProcessingStartTime" in describe(ProcessingJobName="job-1"), "the job did not start")
    disk.exhaust(shop.sagemaker)

    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(f"{server.address}/_oficina/reset", data=b"", timeout=60)
    assert error.value.code == 507
    assert b"is full; nothing was stored" in error.value.read()
    told = disk.run("reset", "--yes")
    assert told.returncode == 1
    assert "Traceback" not in told.stderr
    assert "is full" in told.stderr

    assert shop.ask("one")["mark"] == "m"
    assert describe(ProcessingJobName="job-1")["ProcessingJobStatus"] == "InProgress"
    disk.free()
    assert disk.run("reset", "--yes").returncode == 0
    assert not shop.sagemaker.list_endpoints()["Endpoints"]
    assert not shop.s3.list_buckets()["Buckets"]
    assert not shop.sagemaker.list_processing_jobs()["ProcessingJobSummaries"]
    assert not list(disk.home.glob("jobs/*"))
    shop.s3.create_bucket(Bucket="again")


def test_a_server_stops_and_starts_again_around_a_full_disk(disk: SmallDisk) -> None:
    server = disk.start()
    shops.teach(server)
    shop = Shop.of(lambda service: server.client(service, ACCOUNT))
    shop.open("one", variant(shop.model("m")))
    disk.exhaust(shop.sagemaker)
    shop.ask("one")
    server.process.terminate()
    assert server.ended() == 0

    told = disk.run("up", "--port", "0", "--quiet")
    assert told.returncode == 1
    assert "cannot be written to" in told.stderr
    assert "Traceback" not in told.stderr
    disk.free()

    server = disk.start()
    shop = Shop(
        *(
            server.client(name, ACCOUNT)
            for name in ("s3", "sagemaker", "sagemaker-runtime", "logs", "cloudwatch")
        )
    )
    wait_until(lambda: shop.ask("one")["mark"] == "m", "the endpoint does not answer")
    assert "Traceback" not in disk.said()


@pytest.mark.parametrize(
    "words",
    [
        ("env",),
        ("jobs",),
        ("account", "add", "111122223333"),
        ("image", "list"),
        ("doctor",),
    ],
)
def test_a_command_on_a_full_disk_says_so_in_a_sentence(disk: SmallDisk, words: tuple[str, ...]) -> None:
    server = disk.start()
    disk.exhaust(server.client("sagemaker", ACCOUNT))
    told = disk.run(*words)
    assert "Traceback" not in told.stderr
    assert told.returncode == 0 or "is full; nothing was" in told.stderr or "Make room" in told.stdout


def test_an_image_that_there_is_no_room_for_is_not_half_added(disk: SmallDisk, tmp_path: Path) -> None:
    wanted = tmp_path / "wanted.txt"
    wanted.write_text("# nothing\n" * 1000)
    server = disk.start()
    assert disk.run("image", "add", "first", "--requirements", str(wanted)).returncode == 0
    before = (disk.home / "registry.json").read_bytes()
    disk.exhaust(server.client("sagemaker", ACCOUNT))
    told = disk.run("image", "add", "second", "--requirements", str(wanted))
    assert told.returncode == 1
    assert "Traceback" not in told.stderr
    assert (disk.home / "registry.json").read_bytes() == before
    disk.free()
    assert disk.run("image", "add", "second", "--requirements", str(wanted)).returncode == 0
