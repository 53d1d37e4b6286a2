"""A disk that is full while models are served: endpoints change when there is room, calls are captured."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests import shops
from tests.servers import Server
from tests.shops import BUCKET, Shop, variant
from tests.small_disks import SmallDisk, is_refusal
from tests.waiting import wait_until

ACCOUNT = "666677778888"
SUMMING = (Path(__file__).parents[1] / "programs" / "summing_server.py").read_bytes()
POINTS = ["endpoint-planned", "endpoint-launched", "endpoint-raised", "endpoint-switched"]
WAITS = ("endpoint-planned", "endpoint-raised")
"""Where the server has something to write next; a model's supervisor waits without a word."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A small disk."""
    made = SmallDisk.make(tmp_path)
    yield made
    made.close()


def shop_of(server: Server) -> Shop:
    """An account of the server, with its bucket."""
    shops.teach(server)
    return Shop.of(lambda service: server.client(service, ACCOUNT))


def alive(disk: SmallDisk) -> int:
    """How many model processes run."""
    return len(list(disk.home.glob("endpoints/*/*/*/supervisor.lock")))


@pytest.mark.parametrize("where", POINTS)
def test_an_endpoint_is_made_when_there_is_room(disk: SmallDisk, where: str) -> None:
    shop = shop_of(disk.start(OFICINA_CHAOS=disk.point(where)))
    shop.sagemaker.create_endpoint(
        EndpointName="one", EndpointConfigName=shop.config("c", variant(shop.model("m")))
    )
    disk.reached()
    assert is_refusal(disk.exhaust(shop.sagemaker))
    disk.go_on()
    if where in WAITS:
        disk.waits("the endpoint one")
        assert shop.sagemaker.describe_endpoint(EndpointName="one")["EndpointStatus"] == "Creating"
    disk.free()

    assert shop.settled("one")["EndpointStatus"] == "InService"
    assert shop.ask("one")["mark"] == "m"
    assert alive(disk) == 1


@pytest.mark.parametrize("where", POINTS)
def test_an_endpoint_answers_as_before_until_there_is_room_for_its_update(
    disk: SmallDisk, where: str
) -> None:
    server = disk.start()
    shop = shop_of(server)
    shop.open("one", variant(shop.model("blue")))
    shop.config("next", variant(shop.model("green")))
    server.stop()
    shop = shop_again(disk.start(OFICINA_CHAOS=disk.point(where)))
    shop.sagemaker.update_endpoint(EndpointName="one", EndpointConfigName="next")
    disk.reached()
    assert is_refusal(disk.exhaust(shop.sagemaker))
    with pytest.raises(ClientError) as error:
        shop.sagemaker.delete_endpoint_config(EndpointConfigName="next")
    assert is_refusal(error.value.response)
    disk.go_on()
    if where in WAITS:
        disk.waits("the endpoint one")
        assert shop.sagemaker.describe_endpoint(EndpointName="one")["EndpointStatus"] == "Updating"
        assert shop.ask("one")["mark"] == "blue"
    disk.free()

    told = shop.settled("one")
    assert (told["EndpointStatus"], told["EndpointConfigName"]) == ("InService", "next")
    assert "FailureReason" not in told
    assert shop.ask("one")["mark"] == "green"
    wait_until(lambda: alive(disk) == 1, "the process of before the update did not end")


def shop_again(server: Server) -> Shop:
    """The clients of an account that was there before."""
    names = ("s3", "sagemaker", "sagemaker-runtime", "logs", "cloudwatch")
    return Shop(*(server.client(name, ACCOUNT) for name in names))


def test_a_model_that_fails_on_a_full_disk_is_begun_again(disk: SmallDisk) -> None:
    shop = shop_of(disk.start(OFICINA_CHAOS=disk.point("endpoint-launched")))
    shop.model("m", {"weights": bytes(4 << 20)})
    shop.config("c", variant("m"))
    disk.fill(leave=2 << 20)
    shop.sagemaker.create_endpoint(EndpointName="one", EndpointConfigName="c")
    disk.waits("the endpoint one")
    disk.free()
    disk.reached()
    disk.go_on()
    assert shop.settled("one")["EndpointStatus"] == "InService"


def test_an_endpoint_is_deleted_when_there_is_room(disk: SmallDisk) -> None:
    shop = shop_of(disk.start())
    shop.open("one", variant(shop.model("m")))
    disk.exhaust(shop.sagemaker)
    with pytest.raises(ClientError) as error:
        shop.sagemaker.delete_endpoint(EndpointName="one")
    assert is_refusal(error.value.response)
    assert shop.ask("one")["mark"] == "m"
    disk.free()
    shop.sagemaker.delete_endpoint(EndpointName="one")
    wait_until(lambda: not alive(disk), "the process did not end")


def test_a_model_process_that_dies_comes_back_when_there_is_room(disk: SmallDisk) -> None:
    shop = shop_of(disk.start())
    shop.open("one", variant(shop.model("m")))
    disk.exhaust(shop.sagemaker)
    with pytest.raises(ClientError):
        shop.ask("one", b"die")
    disk.free()

    def back() -> bool:
        try:
            return bool(shop.ask("one")["mark"] == "m")
        except ClientError:
            return False

    wait_until(back, "the process did not come back")


def test_every_call_is_captured_and_counted_although_the_disk_was_full(disk: SmallDisk) -> None:
    shop = shop_of(disk.start())
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{BUCKET}/captured",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    shop.open("one", variant(shop.model("m")), DataCaptureConfig=capture)
    shop.echo("one", "before")
    disk.exhaust(shop.sagemaker)
    for number in range(20):
        assert shop.echo("one", f"full {number}") == f"full {number}"
    disk.waits("captured calls")
    disk.waits("metrics of endpoints")
    disk.free()
    shop.echo("one", "after")

    wait_until(lambda: len(shop.lines("captured/")) == 22, "not every call was captured")
    ids = [line["eventMetadata"]["eventId"] for line in shop.lines("captured/")]
    assert len(set(ids)) == 22
    query = (
        "SELECT sum(total) FROM metric_points JOIN metric_series ON metric_series.id=series_id"
        " WHERE name='Invocations'"
    )
    wait_until(lambda: disk.rows(query) == [[22.0]], "not every call was counted")


def transform(shop: Shop) -> dict[str, bytes]:
    """Begins a transform job over twenty files that captures its data; gives what it is to make."""
    shop.put("model/server.py", SUMMING)
    where = {"S3Uri": f"s3://{BUCKET}/model/", "S3DataType": "S3Prefix", "CompressionType": "None"}
    shop.model_of("summing", {"ModelDataSource": {"S3DataSource": where}})
    for number in range(20):
        shop.put(f"in/{number:02d}", f"{number},1\n".encode())
    shop.sagemaker.create_transform_job(
        TransformJobName="batch",
        ModelName="summing",
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/in/"}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        TransformOutput={"S3OutputPath": f"s3://{BUCKET}/out", "AssembleWith": "Line"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
        DataCaptureConfig={"DestinationS3Uri": f"s3://{BUCKET}/captured"},
    )
    return {f"out/{number:02d}.out": f"{number + 1}.0".encode() for number in range(20)}


@pytest.mark.parametrize("where", ["staged", "launched", "placed", "transformed", "captured", "collected"])
def test_a_transform_job_waits_for_room(disk: SmallDisk, where: str) -> None:
    shop = shop_of(disk.start(OFICINA_CHAOS=disk.point(where)))
    wanted = transform(shop)
    disk.reached()
    assert is_refusal(disk.exhaust(shop.sagemaker))
    disk.go_on()
    if where in ("placed", "transformed", "captured", "collected"):
        disk.waits("transform-job/batch")
    told = shop.sagemaker.describe_transform_job(TransformJobName="batch")
    assert told["TransformJobStatus"] == "InProgress"
    disk.free()

    def ended() -> bool:
        job = shop.sagemaker.describe_transform_job(TransformJobName="batch")
        return bool(job["TransformJobStatus"] != "InProgress")

    wait_until(ended, "the transform job did not end")
    told = shop.sagemaker.describe_transform_job(TransformJobName="batch")
    assert told["TransformJobStatus"] == "Completed", told
    listed = shop.s3.list_objects_v2(Bucket=BUCKET, Prefix="out/")["Contents"]
    made = {one["Key"]: shop.s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read() for one in listed}
    assert {key: value.strip() for key, value in made.items()} == wanted
    sides = shop.s3.list_objects_v2(Bucket=BUCKET, Prefix="captured/")["Contents"]
    assert [one["Key"].split("/")[1] for one in sides] == ["input", "output"]
