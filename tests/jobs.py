"""Jobs for tests: a bucket, a program in it, and the request that runs it in the plain Python image."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.waiting import wait_until

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/sagemaker-base-python:1.0"
ROLE = "arn:aws:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole-oficina"
ENDED = ("Completed", "Failed", "Stopped")


@dataclass(slots=True)
class Bench:
    """An account with a bucket, and short ways to run programs in it."""

    s3: Any
    sagemaker: Any
    logs: Any
    bucket: str = "workbench"
    role: str = ROLE
    made: int = 0
    extra: dict[str, Any] = field(default_factory=dict)

    def put(self, key: str, data: bytes | str) -> str:
        """Stores an object and gives its URI."""
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=data)
        return f"s3://{self.bucket}/{key}"

    def get(self, key: str) -> bytes:
        """An object's bytes."""
        body: bytes = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return body

    def keys(self, prefix: str = "") -> list[str]:
        """The keys below a prefix."""
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])
        return [each["Key"] for each in found]

    def name(self) -> str:
        """A job name that is free."""
        self.made += 1
        return f"job-{self.made}"

    def training(self, program: str, **members: Any) -> dict[str, Any]:
        """The request of a training job that runs a Python program."""
        name = members.pop("TrainingJobName", None) or self.name()
        code = self.put(f"code/{name}/program.py", program)
        channels = [channel("code", code), *members.pop("channels", [])]
        algorithm = {
            "TrainingImage": members.pop("image", IMAGE),
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["python", "/opt/ml/input/data/code/program.py"],
            **members.pop("algorithm", {}),
        }
        request = {
            "TrainingJobName": name,
            "RoleArn": self.role,
            "AlgorithmSpecification": algorithm,
            "InputDataConfig": channels,
            "OutputDataConfig": {"S3OutputPath": f"s3://{self.bucket}/out"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
            "StoppingCondition": {"MaxRuntimeInSeconds": 300},
        }
        return request | members

    def train(self, program: str, **members: Any) -> dict[str, Any]:
        """Runs a program as a training job and gives the last Describe."""
        request = self.training(program, **members)
        self.sagemaker.create_training_job(**request)
        return self.trained(request["TrainingJobName"])

    def trained(self, name: str) -> dict[str, Any]:
        """The Describe of a training job once it has ended."""

        def ended() -> dict[str, Any] | None:
            job: dict[str, Any] = self.sagemaker.describe_training_job(TrainingJobName=name)
            return job if job["TrainingJobStatus"] in ENDED else None

        found = wait_until(ended, f"training job {name} did not end")
        assert found is not None
        return found

    def processing(self, program: str, **members: Any) -> dict[str, Any]:
        """The request of a processing job that runs a Python program."""
        name = members.pop("ProcessingJobName", None) or self.name()
        code = self.put(f"code/{name}/program.py", program)
        cluster = {
            "InstanceCount": members.pop("hosts", 1),
            "InstanceType": "ml.m5.large",
            "VolumeSizeInGB": 5,
        }
        inputs = [processing_input("code", code, "/opt/ml/processing/code"), *members.pop("inputs", [])]
        request = {
            "ProcessingJobName": name,
            "RoleArn": self.role,
            "AppSpecification": {
                "ImageUri": members.pop("image", IMAGE),
                "ContainerEntrypoint": ["python", "/opt/ml/processing/code/program.py"],
            },
            "ProcessingResources": {"ClusterConfig": cluster},
            "ProcessingInputs": inputs,
        }
        return request | members

    def process(self, program: str, **members: Any) -> dict[str, Any]:
        """Runs a program as a processing job and gives the last Describe."""
        request = self.processing(program, **members)
        self.sagemaker.create_processing_job(**request)
        return self.processed(request["ProcessingJobName"])

    def processed(self, name: str) -> dict[str, Any]:
        """The Describe of a processing job once it has ended."""

        def ended() -> dict[str, Any] | None:
            job: dict[str, Any] = self.sagemaker.describe_processing_job(ProcessingJobName=name)
            return job if job["ProcessingJobStatus"] in ENDED else None

        found = wait_until(ended, f"processing job {name} did not end")
        assert found is not None
        return found

    def log(self, job: str, group: str = "/aws/sagemaker/TrainingJobs", host: str = "algo-1") -> str:
        """What a host of a job has printed."""
        streams = self.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{job}/{host}")
        name = streams["logStreams"][0]["logStreamName"]
        found = self.logs.get_log_events(logGroupName=group, logStreamName=name, startFromHead=True)
        return "\n".join(event["message"] for event in found["events"])

    def archive(self, key: str) -> dict[str, bytes]:
        """The plain files of a ``.tar.gz`` object."""
        found = {}
        with tarfile.open(fileobj=io.BytesIO(self.get(key))) as archive:
            for member in archive:
                file = archive.extractfile(member)
                if file is not None:
                    found[member.name.removeprefix("./")] = file.read()
        return found


def channel(name: str, uri: str, **members: Any) -> dict[str, Any]:
    """A training channel on an S3 URI; members of the data source are given in ``source``."""
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, **members.pop("source", {})}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}, **members}


def processing_input(name: str, uri: str, path: str, **members: Any) -> dict[str, Any]:
    """An input of a processing job on an S3 URI."""
    return {
        "InputName": name,
        "S3Input": {
            "S3Uri": uri,
            "LocalPath": path,
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
            **members,
        },
    }


def processing_output(name: str, uri: str, path: str, mode: str = "EndOfJob") -> Mapping[str, Any]:
    """An output of a processing job to an S3 URI."""
    return {"OutputName": name, "S3Output": {"S3Uri": uri, "LocalPath": path, "S3UploadMode": mode}}
