"""Endpoints for tests: a small model server as a user's image, and short ways to put it behind one."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from oficina.runners.images import Registry
from tests.jobs import ROLE
from tests.servers import Server
from tests.waiting import wait_until

PROGRAM = (Path(__file__).parent / "programs" / "model_server.py").read_bytes()
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/model-server:1"
BUCKET = "shop"


def teach(server: Server) -> None:
    """Gives the image URI its meaning in a server's home."""
    requirements = server.home / "model-server.txt"
    requirements.write_text("")
    Registry(server.home).add("model-server", requirements, ("python", "/opt/ml/model/server.py"))


def archive(files: Mapping[str, bytes]) -> bytes:
    """A ``model.tar.gz``."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return packed.getvalue()


@dataclass(slots=True)
class Shop:
    """An account with a bucket, and short ways to models and endpoints."""

    s3: Any
    sagemaker: Any
    runtime: Any
    logs: Any
    cloudwatch: Any

    @classmethod
    def of(cls, client: Callable[[str], Any]) -> Shop:
        """The shop of whom these clients belong to."""
        shop = cls(*(client(name) for name in ("s3", "sagemaker", "sagemaker-runtime", "logs", "cloudwatch")))
        shop.s3.create_bucket(Bucket=BUCKET)
        return shop

    def put(self, key: str, data: bytes) -> str:
        """Stores an object and gives its URI."""
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=data)
        return f"s3://{BUCKET}/{key}"

    def model(self, name: str, files: Mapping[str, bytes] | None = None, **environment: str) -> str:
        """A model that the small server serves; MARK in its environment is its name."""
        data = self.put(f"{name}/model.tar.gz", archive({"server.py": PROGRAM, **(files or {})}))
        return self.model_of(name, {"ModelDataUrl": data}, **environment)

    def model_of(self, name: str, members: Mapping[str, Any], **environment: str) -> str:
        """A model with other data."""
        container = {"Image": IMAGE, "Environment": {"MARK": name, **environment}, **members}
        self.sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=ROLE)
        return name

    def config(self, name: str, *variants: Mapping[str, Any], **members: Any) -> str:
        """A configuration of variants (see ``variant``)."""
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=[dict(one) for one in variants], **members
        )
        return name

    def open(self, name: str, *variants: Mapping[str, Any], **members: Any) -> dict[str, Any]:
        """An endpoint in service; its configuration has its name."""
        self.sagemaker.create_endpoint(
            EndpointName=name, EndpointConfigName=self.config(name, *variants, **members)
        )
        endpoint = self.settled(name)
        assert endpoint["EndpointStatus"] == "InService", endpoint.get("FailureReason")
        return endpoint

    def failed(self, name: str, *variants: Mapping[str, Any]) -> str:
        """The FailureReason of an endpoint that fails."""
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=self.config(name, *variants))
        endpoint = self.settled(name)
        assert endpoint["EndpointStatus"] == "Failed"
        reason: str = endpoint["FailureReason"]
        return reason

    def close(self) -> None:
        """Deletes all endpoints; one that a test has just deleted may go between the look and the call."""
        for endpoint in self.sagemaker.list_endpoints(MaxResults=100)["Endpoints"]:
            try:
                self.sagemaker.delete_endpoint(EndpointName=endpoint["EndpointName"])
            except ClientError as error:
                if "Could not find endpoint" not in str(error):
                    raise

    def settled(self, name: str) -> dict[str, Any]:
        """The Describe of an endpoint once it does not change any more."""

        def look() -> dict[str, Any] | None:
            endpoint: dict[str, Any] = self.sagemaker.describe_endpoint(EndpointName=name)
            return endpoint if endpoint["EndpointStatus"] in ("InService", "Failed") else None

        found = wait_until(look, f"endpoint {name} did not settle")
        assert found is not None
        return found

    def ask(self, endpoint: str, body: bytes = b"tell", **members: Any) -> Any:
        """What the model behind an endpoint says of itself."""
        answer = self.runtime.invoke_endpoint(EndpointName=endpoint, Body=body, **members)
        return json.loads(answer["Body"].read())

    def told(self, endpoint: str) -> Any:
        """What the model says of itself, asked again while its process is started again, as AWS says."""

        def look() -> Any:
            try:
                return self.ask(endpoint)
            except self.runtime.exceptions.ModelNotReadyException:
                return None

        return wait_until(look, f"the model behind {endpoint} is not ready")

    def echo(self, endpoint: str, text: str, **members: Any) -> str:
        """The text, by way of the model."""
        answer = self.runtime.invoke_endpoint(EndpointName=endpoint, Body=f"echo {text}".encode(), **members)
        said: str = answer["Body"].read().decode()
        return said

    def lines(self, prefix: str) -> list[dict[str, Any]]:
        """The JSON lines of all objects below a prefix."""
        found = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        whole = [self.s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read() for one in found]
        return [json.loads(line) for data in whole for line in data.splitlines()]


def variant(model: str, name: str = "AllTraffic", count: int = 1, **members: Any) -> dict[str, Any]:
    """A production variant."""
    given = {"VariantName": name, "ModelName": model, "InitialInstanceCount": count}
    return {**given, "InstanceType": "ml.m5.large", **members}
