"""Every step begins here: who calls, where, with which role and bucket; and what earlier steps have made.

    from project.start import start
    world = start("2")

The same on AWS and on this machine: it uses boto3 and the SageMaker Python SDK, and nothing else.
"""

from __future__ import annotations

import logging
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pandas as pd

from project import bank

PREFIX = "from-idea-to-production"
"""Where in the bucket the course keeps its things."""


@dataclass(frozen=True)
class World:
    """What every step needs to know."""

    session: Any
    """The SDK's session (`sagemaker.core.helper.session_helper.Session`)."""
    region: str
    account: str
    role: str
    """The ARN of the role under which jobs run."""
    bucket: str
    dataset: bank.Dataset
    url: str
    """`s3://…` of everything that the course makes."""

    @property
    def data_url(self) -> str:
        """Where step 0 puts the clients."""
        return f"{self.url}/data/{bank.NAME}"

    def client(self, service: str) -> Any:
        """A boto3 client of this world."""
        return self.session.boto_session.client(service)

    def unique(self, name: str) -> str:
        """A name that nobody has used yet; AWS's rule for names is `[a-zA-Z0-9-]{1,63}`."""
        return f"{name}-{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() // 1_000_000 % 1000:03d}"


def start(step: str) -> World:
    """The world as it is when a step begins: the bucket, and from step 1 on the data in it."""
    quiet()
    from sagemaker.core.helper.session_helper import Session, get_execution_role

    session = Session(boto3.Session())
    bucket = session.default_bucket()
    world = World(
        session=session,
        region=session.boto_region_name,
        account=session.account_id(),
        role=get_execution_role(session),
        bucket=bucket,
        dataset=bank.find(),
        url=f"s3://{bucket}/{PREFIX}",
    )
    if step != "0":
        upload(world)
    return world


def upload(world: World) -> str:
    """The clients into the bucket; again only when they are not there."""
    key = world.data_url.removeprefix(f"s3://{world.bucket}/")
    s3 = world.client("s3")
    there = s3.list_objects_v2(Bucket=world.bucket, Prefix=key).get("Contents", [])
    if [found["Size"] for found in there] != [world.dataset.path.stat().st_size]:
        s3.upload_file(str(world.dataset.path), world.bucket, key)
    return world.data_url


def prepare(world: World) -> dict[str, str]:
    """Where the prepared parts lie; without step 2 they are made here, by the same code outside of a job."""
    from project import preprocess

    s3 = world.client("s3")
    prefix = f"{PREFIX}/prepared/"
    urls = {part: f"{world.url}/prepared/{part}" for part in ("train", "validation", "test", "baseline")}
    if s3.list_objects_v2(Bucket=world.bucket, Prefix=f"{prefix}baseline/").get("KeyCount", 0) == 2:
        return urls
    with tempfile.TemporaryDirectory() as folder:
        preprocess.write(preprocess.split(preprocess.features(world.dataset.read())), Path(folder))
        for path in sorted(Path(folder).rglob("*.*"), reverse=True):
            s3.upload_file(str(path), world.bucket, f"{prefix}{path.relative_to(folder).as_posix()}")
    return urls


def quiet() -> None:
    """The SDK greets at length; a lesson has its own words."""
    warnings.filterwarnings("ignore", category=SyntaxWarning)
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    warnings.filterwarnings("ignore", message=".*Pydantic.*")
    warnings.filterwarnings("ignore", message="Running within a PipelineSession")
    warnings.filterwarnings("ignore", message="IProgress not found")
    warnings.filterwarnings("ignore", message='install "ipywidgets"')
    warnings.filterwarnings("ignore", message="Your installed version of s3fs")
    logging.disable(logging.WARNING)  # parts of the SDK turn the root logger up while they are imported
    pd.set_option("display.max_colwidth", 120)
