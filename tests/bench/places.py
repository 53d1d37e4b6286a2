"""Servers and jobs for benches."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3

from tests.servers import CLIENTS, Server
from tests.waiting import wait_until

PLAIN = "123456789012.dkr.ecr.us-east-1.amazonaws.com/sagemaker-base-python:1.0"
ROLE = "arn:aws:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole-oficina"


@contextlib.contextmanager
def home() -> Iterator[Path]:
    """A home for one bench."""
    folder = Path(tempfile.mkdtemp(prefix="oficina-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def oficina(folder: Path | None = None, *words: str) -> Iterator[Server]:
    """A server as users have it: signatures are verified, answers are not checked twice."""
    with contextlib.ExitStack() as stack:
        place = folder or stack.enter_context(home())
        server = Server.start(place, *words, OFICINA_STRICT="", OFICINA_HOLD="0")
        try:
            yield server
        finally:
            server.stop()


@contextlib.contextmanager
def moto() -> Iterator[str]:
    """The address of a moto_server."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(CLIENTS / "bench" / "bin" / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: _listens(port), "moto_server listens")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    return False


def client(service: str, address: str) -> Any:
    """A boto3 client of a server that looks at no key."""
    make: Any = boto3.client
    return make(
        service,
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )


def training_job(name: str, image: str = PLAIN, *words: str) -> dict[str, Any]:
    """A request for a training job that runs a command."""
    algorithm: dict[str, Any] = {"TrainingImage": image, "TrainingInputMode": "File"}
    if words:
        algorithm["ContainerEntrypoint"] = list(words)
    return {
        "TrainingJobName": name,
        "AlgorithmSpecification": algorithm,
        "RoleArn": ROLE,
        "OutputDataConfig": {"S3OutputPath": "s3://bench/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    }


def ended(sagemaker: Any, name: str) -> Any:
    """The description of a training job that has ended, else None."""
    job = sagemaker.describe_training_job(TrainingJobName=name)
    return job if job["TrainingJobStatus"] in ("Completed", "Failed", "Stopped") else None
