"""Who works on the server while it dies: each remembers what it was told, for the reckoning."""

from __future__ import annotations

import hashlib
import json
import random
import threading
import time
import uuid
from abc import ABC, abstractmethod
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from tests.soak.plant import Plant, dice

BUCKET = "workbench"
PART = 5 * 1024 * 1024


class Actor(ABC):
    """One thread of work."""

    name: ClassVar[str]

    def __init__(self, plant: Plant, seed: int, number: int) -> None:
        self.plant = plant
        self.dice: random.Random = dice(seed, self.name, number)
        self.number = number
        self.over = threading.Event()
        self.done = 0
        self.thread = threading.Thread(target=self._run, name=f"{self.name}-{number}", daemon=True)

    def _run(self) -> None:
        while not self.over.is_set():
            try:
                self.work()
            except Exception as error:
                self.flaw(f"{type(error).__name__}: {error}")
                time.sleep(1)
            self.done += 1

    def flaw(self, sentence: str) -> None:
        """Notes what should not be."""
        self.plant.flaw(f"{self.name}-{self.number}: {sentence}")

    def token(self) -> str:
        """A token that the seed gives."""
        return str(uuid.UUID(int=self.dice.getrandbits(128)))

    @abstractmethod
    def work(self) -> None:
        """Does one thing."""

    def reckon(self) -> None:  # noqa: B027  who was told nothing has nothing to reckon
        """Looks, when all has ended, whether what was answered is true."""


class Objects(Actor):
    """Puts, multipart uploads, copies and deletions of objects that are its own."""

    name = "objects"

    def __init__(self, plant: Plant, seed: int, number: int) -> None:
        super().__init__(plant, seed, number)
        self.s3 = plant.client("s3")
        self.bucket = f"objects-{number}"
        self.known: dict[str, str | None] = {}
        plant.made(self.s3.create_bucket, Bucket=self.bucket)

    def work(self) -> None:
        key = f"k{self.dice.randrange(40)}"
        kind = self.dice.choice(["put", "put", "put", "parts", "copy", "delete"])
        if kind == "put":
            data = self.dice.randbytes(self.dice.choice([0, 10, 5_000, 300_000]))
            self.plant.ask(self.s3.put_object, Bucket=self.bucket, Key=key, Body=data)
            self.known[key] = hashlib.sha256(data).hexdigest()
        elif kind == "parts":
            self.upload(key)
        elif kind == "copy" and self.known:
            other = self.dice.choice(sorted(self.known))
            if self.known[other] is not None and other != key:
                self.plant.ask(
                    self.s3.copy_object, Bucket=self.bucket, Key=key, CopySource=f"{self.bucket}/{other}"
                )
                self.known[key] = self.known[other]
        elif kind == "delete":
            self.plant.ask(self.s3.delete_object, Bucket=self.bucket, Key=key)
            self.known[key] = None

    def upload(self, key: str) -> None:
        """A multipart upload of two parts."""
        where = {"Bucket": self.bucket, "Key": key}
        upload = self.plant.ask(self.s3.create_multipart_upload, **where)["UploadId"]
        digest, parts = hashlib.sha256(), []
        for number, size in ((1, PART), (2, 1000)):
            data = self.dice.randbytes(size)
            digest.update(data)
            told = self.plant.ask(self.s3.upload_part, **where, UploadId=upload, PartNumber=number, Body=data)
            parts.append({"PartNumber": number, "ETag": told["ETag"]})
        try:
            self.plant.ask(
                self.s3.complete_multipart_upload, **where, UploadId=upload, MultipartUpload={"Parts": parts}
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchUpload":  # it was completed, the answer was lost
                raise
        self.known[key] = digest.hexdigest()

    def reckon(self) -> None:
        for key, digest in self.known.items():
            try:
                data = self.plant.ask(self.s3.get_object, Bucket=self.bucket, Key=key)["Body"].read()
            except ClientError as error:
                if digest is not None:
                    self.flaw(f"{self.bucket}/{key} was acknowledged and cannot be read: {error}")
                continue
            if hashlib.sha256(data).hexdigest() != digest:
                self.flaw(f"{self.bucket}/{key} has other bytes than were acknowledged")
        listed = self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        if {one["Key"] for one in listed} != {key for key, digest in self.known.items() if digest}:
            self.flaw(f"the list of {self.bucket} is not what was put")


class Letters(Actor):
    """SQS: a standard queue and a FIFO queue, sent to, received from."""

    name = "letters"

    def __init__(self, plant: Plant, seed: int, number: int) -> None:
        super().__init__(plant, seed, number)
        self.sqs = plant.client("sqs")
        given = {"VisibilityTimeout": "5"}
        self.queues = {
            "standard": self.queue(f"q{number}", given),
            "fifo": self.queue(f"q{number}.fifo", {**given, "FifoQueue": "true"}),
        }
        self.sent: dict[str, list[str]] = {"standard": [], "fifo": []}
        self.got: dict[str, list[str]] = {"standard": [], "fifo": []}
        self.settled: set[str] = set()

    def queue(self, name: str, attributes: dict[str, str]) -> str:
        """The URL of a new queue."""
        told = self.plant.ask(self.sqs.create_queue, QueueName=name, Attributes=attributes)
        url: str = told["QueueUrl"]
        return url

    def work(self) -> None:
        kind = self.dice.choice(["standard", "fifo"])
        if self.dice.random() < 0.5:
            body = f"{len(self.sent[kind]):06d}"
            more = {"MessageGroupId": "g", "MessageDeduplicationId": body} if kind == "fifo" else {}
            self.plant.ask(self.sqs.send_message, QueueUrl=self.queues[kind], MessageBody=body, **more)
            self.sent[kind].append(body)
        else:
            self.receive(kind)

    def receive(self, kind: str) -> int:
        """Takes what is there, and deletes it."""
        url = self.queues[kind]
        told = self.plant.ask(self.sqs.receive_message, QueueUrl=url, MaxNumberOfMessages=5)
        for message in told.get("Messages", []):
            if kind == "fifo" and message["Body"] in self.settled:
                self.flaw(f"the FIFO message {message['Body']} came again after it was deleted")
            self.got[kind].append(message["Body"])
            try:
                self.plant.ask(self.sqs.delete_message, QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                if kind == "fifo":
                    self.settled.add(message["Body"])
            except ClientError as error:  # its time was over while no server was there
                if "ReceiptHandle" not in str(error):
                    raise
        return len(told.get("Messages", []))

    def reckon(self) -> None:
        for kind in self.queues:
            quiet = time.monotonic()
            while time.monotonic() - quiet < 6:
                if self.receive(kind):
                    quiet = time.monotonic()
                time.sleep(0.05)
            lost = set(self.sent[kind]) - set(self.got[kind])
            if lost:
                self.flaw(f"{len(lost)} messages of the {kind} queue were never received: {sorted(lost)[:5]}")
        first = list(dict.fromkeys(self.got["fifo"]))
        if first != sorted(first):
            self.flaw("messages of the FIFO queue came out of their order")
        if len(self.sent["fifo"]) != len(set(self.sent["fifo"])):
            self.flaw("a FIFO message was kept twice")


class Registrar(Actor):
    """Model packages with tokens, approvals, and the events of both; runs and metrics of experiments."""

    name = "registrar"

    def __init__(self, plant: Plant, seed: int, number: int) -> None:
        super().__init__(plant, seed, number)
        self.sagemaker = plant.client("sagemaker")
        self.group = f"registrar-{number}"
        self.changes: dict[str, list[str]] = {}
        self.components: list[str] = []
        plant.made(self.sagemaker.create_model_package_group, ModelPackageGroupName=self.group)

    def work(self) -> None:
        kind = self.dice.choice(["version", "approve", "component"])
        if kind == "version":
            told = self.plant.ask(
                self.sagemaker.create_model_package,
                ModelPackageGroupName=self.group,
                ModelApprovalStatus="PendingManualApproval",
                ClientToken=self.token(),
                InferenceSpecification={"Containers": [{"Image": "1.dkr.ecr.us-east-1.amazonaws.com/a:1"}]},
            )
            self.changes[told["ModelPackageArn"]] = ["PendingManualApproval"]
        elif kind == "approve" and self.changes:
            arn = self.dice.choice(sorted(self.changes))
            status = "Rejected" if self.changes[arn][-1] == "Approved" else "Approved"
            self.plant.ask(
                self.sagemaker.update_model_package, ModelPackageArn=arn, ModelApprovalStatus=status
            )
            self.changes[arn].append(status)
        elif kind == "component":
            name = f"component-{self.number}-{len(self.components)}"
            self.plant.made(
                self.sagemaker.create_trial_component,
                TrialComponentName=name,
                Parameters={"n": {"NumberValue": len(self.components)}},
            )
            self.components.append(name)

    def reckon(self) -> None:
        pages = self.sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=self.group)
        listed = [one for page in pages for one in page["ModelPackageSummaryList"]]
        if len(listed) != len(self.changes):
            self.flaw(f"{len(self.changes)} tokens made {len(listed)} packages")
        versions = sorted(one["ModelPackageVersion"] for one in listed)
        if versions != list(range(1, len(listed) + 1)):
            self.flaw(f"versions have gaps or doubles: {versions}")
        for arn, changes in self.changes.items():
            told = self.sagemaker.describe_model_package(ModelPackageName=arn)["ModelApprovalStatus"]
            if told != changes[-1]:
                self.flaw(f"{arn} is {told}, not {changes[-1]}")
        for number, name in enumerate(self.components):
            found = self.sagemaker.describe_trial_component(TrialComponentName=name)
            if found["Parameters"]["n"]["NumberValue"] != number:
                self.flaw(f"{name} has not what was acknowledged")


class Answers(Actor):
    """Answers the messages of callback steps."""

    name = "answers"

    def __init__(self, plant: Plant, seed: int, number: int) -> None:
        super().__init__(plant, seed, number)
        self.sqs, self.sagemaker = plant.client("sqs"), plant.client("sagemaker")
        told = plant.ask(self.sqs.create_queue, QueueName="callbacks", Attributes={"VisibilityTimeout": "5"})
        self.url: str = told["QueueUrl"]

    def work(self) -> None:
        told = self.plant.ask(self.sqs.receive_message, QueueUrl=self.url, WaitTimeSeconds=1)
        for message in told.get("Messages", []):
            time.sleep(self.dice.choice([0, 0.05, 0.3]))
            self.answer(json.loads(message["Body"]))
            try:
                self.plant.ask(
                    self.sqs.delete_message, QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"]
                )
            except ClientError as error:
                if "ReceiptHandle" not in str(error):
                    raise

    def answer(self, body: dict[str, Any]) -> None:
        """Brings the token back; one that was brought back before is refused."""
        request: dict[str, Any] = {"CallbackToken": body["token"]}
        call = self.sagemaker.send_pipeline_execution_step_failure
        if body["status"] == "Stopping":
            request["FailureReason"] = "told to stop"
        else:
            call = self.sagemaker.send_pipeline_execution_step_success
            request["OutputParameters"] = [{"Name": "who", "Value": body["arguments"]["name"]}]
        try:
            self.plant.ask(call, ClientRequestToken=(body["token"] * 4)[:36], **request)
        except ClientError as error:
            if int(error.response["ResponseMetadata"]["HTTPStatusCode"]) != 400:
                raise
