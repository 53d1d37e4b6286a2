"""Servers and jobs for benches."""

from __future__ import annotations

import contextlib
import random
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3

from tests import ports
from tests.servers import CLIENTS, Server
from tests.waiting import wait_until

PLAIN = "123456789012.dkr.ecr.us-east-1.amazonaws.com/sagemaker-base-python:1.0"
BOOSTED = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
COLUMNS = 20
"""How many features the model of ``boosted`` has."""
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
    with ports.held() as port:
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


def rows(count: int, seed: int, label: bool = False) -> bytes:
    """Lines of random numbers, as CSV."""
    chance = random.Random(seed)
    lines = []
    for _ in range(count):
        cells = [f"{chance.random():.4f}" for _ in range(COLUMNS)]
        lines.append(",".join([str(chance.randrange(2)), *cells] if label else cells))
    return ("\n".join(lines) + "\n").encode()


def boosted(server: Server) -> str:
    """A small model of XGBoost, trained and named ``model`` in the bucket ``bench``; its artifact's URI."""
    s3, sagemaker = server.client("s3"), server.client("sagemaker")
    s3.create_bucket(Bucket="bench")
    s3.put_object(Bucket="bench", Key="train/a.csv", Body=rows(1000, 1, label=True))
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bench/train/"}}
    sagemaker.create_training_job(
        **training_job("model", BOOSTED),
        HyperParameters={"num_round": "100", "objective": "binary:logistic"},
        InputDataConfig=[{"ChannelName": "train", "DataSource": source, "ContentType": "text/csv"}],
    )
    job = wait_until(lambda: ended(sagemaker, "model"), "the model is trained")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    artifact = str(job["ModelArtifacts"]["S3ModelArtifacts"])
    container = {"Image": BOOSTED, "ModelDataUrl": artifact}
    sagemaker.create_model(ModelName="model", PrimaryContainer=container, ExecutionRoleArn=ROLE)
    return artifact


def ended(sagemaker: Any, name: str) -> Any:
    """The description of a training job that has ended, else None."""
    job = sagemaker.describe_training_job(TrainingJobName=name)
    return job if job["TrainingJobStatus"] in ("Completed", "Failed", "Stopped") else None
