"""Endpoints under kill -9: of the server at named points and at rest, of the supervisor, of the model.

One claim for all: the endpoint ends in service with the processes that it should have, and no others run.
"""

from __future__ import annotations

import contextlib
import os
import signal
import tarfile
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from oficina.runners import process
from tests import shops
from tests.jobs import ROLE
from tests.servers import Server, dying
from tests.shops import BUCKET, PROGRAM, Shop, variant
from tests.waiting import wait_until

ACCOUNT = "666677778888"
LINKED = (Path(__file__).parents[1] / "programs" / "linked_server.py").read_bytes()
Start = Callable[..., Server]


def shop_of(server: Server) -> Shop:
    """The clients of the account; the bucket is made by the first."""
    names = ("s3", "sagemaker", "sagemaker-runtime", "logs", "cloudwatch")
    return Shop(*(server.client(name, ACCOUNT) for name in names))


def first(start_server: Start, home: Path, **settings: str) -> tuple[Server, Shop]:
    """A server with the image, and the account's clients."""
    server = start_server(home, "--open", OFICINA_HOLD="0", **settings)
    shops.teach(server)
    shop = shop_of(server)
    shop.s3.create_bucket(Bucket=BUCKET)
    return server, shop


def again(start_server: Start, home: Path) -> tuple[Server, Shop]:
    """The next server on the same home."""
    server = start_server(home, "--open", OFICINA_HOLD="0")
    return server, shop_of(server)


def alive(home: Path) -> list[Path]:
    """The folders of model processes that run."""
    return [spec.parent for spec in home.glob("endpoints/*/*/*/spec.json") if process.alive(spec.parent)]


def supervisor(folder: Path) -> int:
    """The process id of a supervisor."""
    return int((folder / "supervisor.pid").read_text().split()[0])


def port(shop: Shop) -> str:
    """The port of the process that answers."""
    found: str = shop.told("one")["environment"]["SAGEMAKER_BIND_TO_PORT"]
    return found


def test_a_killed_server_finds_its_model_processes_again(start_server: Start, tmp_path: Path) -> None:
    home = tmp_path / "home"
    server, shop = first(start_server, home)
    shop.open("one", variant(shop.model("m")))
    (before,) = (supervisor(folder) for folder in alive(home))
    server.kill()
    server, shop = again(start_server, home)
    assert shop.told("one")["mark"] == "m"
    (after,) = (supervisor(folder) for folder in alive(home))
    assert before == after
    shop.sagemaker.delete_endpoint(EndpointName="one")
    wait_until(lambda: not alive(home), "the adopted process ends with the endpoint")


def test_a_killed_server_finds_a_chain_of_containers_again(start_server: Start, tmp_path: Path) -> None:
    home = tmp_path / "home"
    server, shop = first(start_server, home)
    shop.put("model/server.py", LINKED)
    where = {"S3Uri": f"s3://{BUCKET}/model/", "S3DataType": "S3Prefix", "CompressionType": "None"}
    chain = [
        {"Image": shops.IMAGE, "ModelDataSource": {"S3DataSource": where}, "Environment": {"MARK": mark}}
        for mark in ("first", "second")
    ]
    shop.sagemaker.create_model(ModelName="chain", Containers=chain, ExecutionRoleArn=ROLE)
    shop.open("one", variant("chain"))
    server.kill()

    _, shop = again(start_server, home)

    answer = shop.runtime.invoke_endpoint(EndpointName="one", Body=b"a")
    assert answer["Body"].read() == b"a>first>second\n"
    (folder,) = alive(home)
    os.kill(supervisor(folder), signal.SIGKILL)

    def back() -> bool:
        try:
            told = shop.runtime.invoke_endpoint(EndpointName="one", Body=b"a")["Body"].read()
        except ClientError:
            return False
        return bool(told == b"a>first>second\n")

    wait_until(back, "the chain did not come back")


@pytest.mark.parametrize(
    "where", ["endpoint-planned", "endpoint-launched", "endpoint-raised", "endpoint-switched"]
)
def test_a_server_killed_while_it_makes_an_endpoint_makes_it_in_the_end(
    start_server: Start, tmp_path: Path, where: str
) -> None:
    home = tmp_path / "home"
    server, shop = first(start_server, home, OFICINA_CHAOS=where)
    config = shop.config("c", variant(shop.model("m")))
    with dying():
        shop.sagemaker.create_endpoint(EndpointName="one", EndpointConfigName=config)
    server.ended()
    server, shop = again(start_server, home)
    assert shop.settled("one")["EndpointStatus"] == "InService"
    assert shop.told("one")["mark"] == "m"
    wait_until(lambda: len(alive(home)) == 1, "one process runs")


@pytest.mark.parametrize(
    "where", ["endpoint-planned", "endpoint-launched", "endpoint-raised", "endpoint-switched"]
)
def test_a_server_killed_while_it_updates_an_endpoint_updates_it_in_the_end(
    start_server: Start, tmp_path: Path, where: str
) -> None:
    home = tmp_path / "home"
    server, shop = first(start_server, home)
    shop.open("one", variant(shop.model("blue")))
    shop.config("next", variant(shop.model("green")))
    server.stop()
    server = start_server(home, "--open", OFICINA_HOLD="0", OFICINA_CHAOS=where)
    with dying():
        shop_of(server).sagemaker.update_endpoint(EndpointName="one", EndpointConfigName="next")
    server.ended()
    server, shop = again(start_server, home)
    assert shop.told("one")["mark"] in ("blue", "green")
    endpoint = shop.settled("one")
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", "next")
    assert shop.told("one")["mark"] == "green"
    wait_until(lambda: len(alive(home)) == 1, "one process runs")


def test_a_model_that_died_with_no_server_is_started_by_the_next(start_server: Start, tmp_path: Path) -> None:
    home = tmp_path / "home"
    server, shop = first(start_server, home)
    shop.open("one", variant(shop.model("m")))
    (folder,) = alive(home)
    server.kill()
    os.kill(supervisor(folder), signal.SIGKILL)
    wait_until(lambda: not alive(home), "the model process is gone")
    server, shop = again(start_server, home)
    assert shop.told("one")["mark"] == "m"


def test_the_other_instance_answers_when_one_is_killed(start_server: Start, tmp_path: Path) -> None:
    home = tmp_path / "home"
    _, shop = first(start_server, home)
    shop.open("one", variant(shop.model("m"), count=2))
    os.kill(supervisor(alive(home)[0]), signal.SIGKILL)
    for _ in range(50):
        assert shop.ask("one")["mark"] == "m"
    assert shop.sagemaker.describe_endpoint(EndpointName="one")["EndpointStatus"] == "InService"
    wait_until(lambda: len(alive(home)) == 2, "the killed one runs again")
    wait_until(lambda: len({port(shop) for _ in range(2)}) == 2, "both answer")


def test_a_model_that_keeps_dying_rests_between_its_starts(start_server: Start, tmp_path: Path) -> None:
    home = tmp_path / "home"
    _, shop = first(start_server, home)
    shop.open("one", variant(shop.model("m")))
    (folder,) = alive(home)
    log = folder / "hosts" / "algo-1" / "log"

    def begun(times: int) -> bool:
        return log.read_text().count("starts with") >= times

    for starts in (2, 3):
        with pytest.raises(ClientError):
            shop.runtime.invoke_endpoint(EndpointName="one", Body=b"die")
        assert shop.told("one")["mark"] == "m"
        wait_until(partial(begun, starts), "the start is not in the log")
        assert not begun(starts + 1)


def is_kept(said: str, spool: Path, shop: Shop) -> bool:
    """Whether a captured call is in a file, which goes when it is in the bucket, or there."""
    for path in spool.glob("*.jsonl"):
        with contextlib.suppress(FileNotFoundError):
            if said.encode() in path.read_bytes():
                return True
    return any(line["captureData"]["endpointInput"]["data"] == said for line in shop.lines("captured/"))


def test_captured_calls_survive_a_killed_server_once(start_server: Start, tmp_path: Path) -> None:
    home = tmp_path / "home"
    server, shop = first(start_server, home)
    capture = {
        "InitialSamplingPercentage": 100,
        "EnableCapture": True,
        "DestinationS3Uri": f"s3://{BUCKET}/captured",
        "CaptureOptions": [{"CaptureMode": "Input"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
    }
    shop.open("one", variant(shop.model("m")), DataCaptureConfig=capture)
    for number in range(40):
        shop.echo("one", str(number), ContentType="text/csv")
    spool = home / "endpoints" / "capture"
    wait_until(lambda: is_kept("echo 39", spool, shop), "the last call is in a file")
    server.kill()
    server, shop = again(start_server, home)
    wait_until(lambda: len(shop.lines("captured/")) == 40, "all calls are in the bucket")
    wait_until(lambda: not list(spool.iterdir()), "what is in the bucket is still in a file")
    said = [line["captureData"]["endpointInput"]["data"] for line in shop.lines("captured/")]
    assert sorted(said) == sorted(f"echo {number}" for number in range(40))


def test_a_reset_ends_every_model_process(start_server: Start, tmp_path: Path) -> None:
    home = tmp_path / "home"
    server, shop = first(start_server, home)
    shop.open("one", variant(shop.model("m"), count=2))
    pids = [supervisor(folder) for folder in alive(home)]
    request = urllib.request.Request(f"{server.address}/_oficina/reset", method="POST")
    urllib.request.urlopen(request).close()
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), "they are gone")
    with pytest.raises(ClientError, match="not found"):
        shop.ask("one")


def test_a_hostile_archive_fails_the_endpoint_and_nothing_else(start_server: Start, tmp_path: Path) -> None:
    home = tmp_path / "home"
    _, shop = first(start_server, home)
    evil = tmp_path / "evil.tar.gz"
    with tarfile.open(evil, "w:gz") as tar:
        tar.add(__file__, arcname="../../../../evil.py")
    data = shop.put("evil.tar.gz", evil.read_bytes())
    shop.model_of("evil", {"ModelDataUrl": data})
    reason = shop.failed("one", variant("evil"))
    assert reason == (
        f"The model data at \"{data}\" was not unpacked: the path '../../../../evil.py' leads outside."
    )
    bomb = tmp_path / "bomb.tar.gz"
    zeros = tmp_path / "zeros"
    with zeros.open("wb") as file:
        file.truncate(3 << 30)
    with tarfile.open(bomb, "w:gz", compresslevel=1) as tar:
        info = tarfile.TarInfo("zeros")
        info.size = 3 << 30
        with zeros.open("rb") as file:
            tar.addfile(info, file)
    shop.s3.upload_file(str(bomb), BUCKET, "bomb.tar.gz")
    shop.model_of("bomb", {"ModelDataUrl": f"s3://{BUCKET}/bomb.tar.gz"})
    assert "it unpacks to more than" in shop.failed("two", variant("bomb"))
    assert not list(home.rglob("evil.py"))
    shop.put("good.tar.gz", shops.archive({"server.py": PROGRAM}))
    shop.open("three", variant(shop.model("good")))
    assert shop.ask("three")["mark"] == "good"
