"""An MLflow server on a full disk: clients are told, nothing logged before is lost, and it goes on after."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.jobs import ROLE
from tests.mlflow import ask, packages, register, settled, tracking_server
from tests.servers import Server
from tests.small_disks import SmallDisk
from tests.waiting import wait_until

AUTOMATIC = {"AutomaticModelRegistration": True}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A small disk."""
    made = SmallDisk.make(tmp_path)
    yield made
    made.close()


def run(server: Server, url: str) -> str:
    """A new run of the default experiment."""
    _, told = ask(server, url, "runs/create", {"experiment_id": "0", "start_time": 1})
    return str(told["run"]["info"]["run_id"])


def log_until_refused(server: Server, url: str, run_id: str) -> tuple[int, int]:
    """How many parameters were kept before one was refused, and with which status."""
    for number in range(1000):
        body = {"run_id": run_id, "key": f"p{number}", "value": "x" * 4000}
        status, _ = ask(server, url, "runs/log-parameter", body)
        if status != 200:
            return number, status
    raise AssertionError("the disk never filled up")


def kept(server: Server, url: str, run_id: str) -> set[str]:
    """The parameters of a run."""
    _, told = ask(server, url, f"runs/get?run_id={run_id}")
    return {each["key"] for each in told["run"]["data"].get("params", [])}


def test_what_was_logged_stays_and_logging_and_registering_go_on(disk: SmallDisk) -> None:
    server = disk.start()
    made = tracking_server(server, "one", **AUTOMATIC)
    url: str = made["TrackingServerUrl"]
    run_id = run(server, url)
    register(server, url, "before")
    disk.fill(leave=256 << 10)

    count, status = log_until_refused(server, url, run_id)
    assert count > 0
    assert status >= 500
    assert kept(server, url, run_id) == {f"p{number}" for number in range(count)}
    disk.free()
    body = {"run_id": run_id, "key": "after", "value": "x"}
    assert ask(server, url, "runs/log-parameter", body)[0] == 200
    assert kept(server, url, run_id) == {"after", *(f"p{number}" for number in range(count))}
    register(server, url, "after")
    for model in ("before", "after"):
        wait_until(partial(packages, server, model), f"{model} was not registered")
        assert len(packages(server, model)) == 1


def test_a_version_is_registered_when_there_is_room(disk: SmallDisk) -> None:
    server = disk.start(OFICINA_CHAOS=disk.point("mlflow-registered"))
    made = tracking_server(server, "one", **AUTOMATIC)
    register(server, made["TrackingServerUrl"], "model")
    disk.reached()
    disk.exhaust(server.client("sagemaker"))
    disk.go_on()
    disk.waits("the models of")
    disk.free()

    wait_until(lambda: len(packages(server, "model")) == 1, "the version was not registered")
    (told,) = tags(server, made["TrackingServerUrl"], "model")
    assert told["key"] == "sagemaker.model_package_arn"
    assert len(packages(server, "model")) == 1


def tags(server: Server, url: str, model: str) -> list[dict[str, str]]:
    """The tags of the first version of a model, once there are any."""

    def look() -> list[dict[str, str]]:
        _, told = ask(server, url, f"model-versions/get?name={model}&version=1")
        found: list[dict[str, str]] = told["model_version"].get("tags", [])
        return found

    return wait_until(look, "the version has no tags")


def test_a_server_that_is_made_on_a_full_disk_is_made_when_there_is_room(disk: SmallDisk) -> None:
    server = disk.start(OFICINA_CHAOS=disk.point("mlflow-begun"))
    sagemaker = server.client("sagemaker")
    server.client("s3").create_bucket(Bucket="mlflow-artifacts")
    sagemaker.create_mlflow_tracking_server(
        TrackingServerName="one", ArtifactStoreUri="s3://mlflow-artifacts/one", RoleArn=ROLE
    )
    disk.reached()
    disk.exhaust(sagemaker)
    disk.go_on()
    disk.waits("mlflow of")
    told: dict[str, Any] = sagemaker.describe_mlflow_tracking_server(TrackingServerName="one")
    assert told["TrackingServerStatus"] == "Creating"
    disk.free()

    made = settled(sagemaker, "one")
    assert made["TrackingServerStatus"] == "Created"
    assert ask(server, made["TrackingServerUrl"], "experiments/get?experiment_id=0")[0] == 200
