"""SQS through boto3: standard queues that keep what they are given."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.servers import Server
from tests.waiting import wait_until


@pytest.fixture
def sqs(aws: Callable[..., Any]) -> Any:
    """A client of the test's own account."""
    return aws("sqs")


@pytest.fixture
def queue(sqs: Any) -> str:
    """A queue's URL."""
    url: str = sqs.create_queue(QueueName="tokens")["QueueUrl"]
    return url


def test_a_queue_is_made_once_found_listed_and_deleted(sqs: Any, queue: str, account: str) -> None:
    assert queue.endswith(f"/{account}/tokens")
    assert sqs.create_queue(QueueName="tokens")["QueueUrl"] == queue
    assert sqs.get_queue_url(QueueName="tokens")["QueueUrl"] == queue
    assert sqs.list_queues(QueueNamePrefix="tok")["QueueUrls"] == [queue]
    told = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert told["QueueArn"] == f"arn:aws:sqs:us-east-1:{account}:tokens"
    assert told["VisibilityTimeout"] == "30"

    sqs.delete_queue(QueueUrl=queue)
    with pytest.raises(sqs.exceptions.QueueDoesNotExist) as refused:
        sqs.get_queue_url(QueueName="tokens")
    assert refused.value.response["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"


def test_a_message_is_received_with_its_attributes_and_deleted(sqs: Any, queue: str) -> None:
    attributes = {
        "kind": {"DataType": "String", "StringValue": "é"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    sent = sqs.send_message(QueueUrl=queue, MessageBody="hello", MessageAttributes=attributes)

    found = sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"], AttributeNames=["All"])
    (message,) = found["Messages"]
    assert message["MessageId"] == sent["MessageId"]
    assert message["Body"] == "hello"
    assert message["MessageAttributes"] == attributes
    assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"

    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    counted = sqs.get_queue_attributes(
        QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessagesNotVisible"]
    )
    assert counted["Attributes"] == {"ApproximateNumberOfMessagesNotVisible": "1"}
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    counted = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert counted["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_a_message_tells_of_itself_under_the_older_member_too(sqs: Any, queue: str) -> None:
    sqs.send_message(QueueUrl=queue, MessageBody="hello")
    asked = ["SentTimestamp", "ApproximateReceiveCount"]
    (message,) = sqs.receive_message(QueueUrl=queue, AttributeNames=asked)["Messages"]
    assert set(message["Attributes"]) == set(asked)
    with pytest.raises(ClientError, match="Member must satisfy enum value set"):
        sqs.receive_message(QueueUrl=queue, AttributeNames=["Colour"])
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=queue)


def test_a_message_that_is_not_deleted_comes_back(sqs: Any, queue: str) -> None:
    sqs.send_message(QueueUrl=queue, MessageBody="again")
    first = sqs.receive_message(QueueUrl=queue, VisibilityTimeout=1)["Messages"][0]

    second = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"][0]

    assert second["MessageId"] == first["MessageId"]
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=second["ReceiptHandle"], VisibilityTimeout=0)
    assert sqs.receive_message(QueueUrl=queue)["Messages"][0]["MessageId"] == first["MessageId"]


def test_who_polls_long_gets_a_message_the_moment_it_is_sent(sqs: Any, queue: str) -> None:
    got: list[Any] = []

    def poll() -> None:
        got.append(sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20))

    thread = threading.Thread(target=poll)
    began = time.monotonic()
    thread.start()
    sqs.send_message(QueueUrl=queue, MessageBody="now")
    thread.join()

    assert got[0]["Messages"][0]["Body"] == "now"
    assert time.monotonic() - began < 20


def test_batches_tell_what_was_refused(sqs: Any, queue: str) -> None:
    entries = [{"Id": "a", "MessageBody": "x"}, {"Id": "b", "MessageBody": "y", "DelaySeconds": 5000}]

    told = sqs.send_message_batch(QueueUrl=queue, Entries=entries)

    assert [each["Id"] for each in told["Successful"]] == ["a"]
    assert [each["Id"] for each in told["Failed"]] == ["b"]
    found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    entries = [{"Id": str(at), "ReceiptHandle": one["ReceiptHandle"]} for at, one in enumerate(found)]
    assert len(sqs.delete_message_batch(QueueUrl=queue, Entries=entries)["Successful"]) == 1


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("tokens.fifo", {}),
        ("tokens", {"FifoQueue": "true"}),
        ("other", {"ContentBasedDeduplication": "true"}),
        ("other", {"VisibilityTimeout": "x"}),
        ("other", {"RedrivePolicy": "{}"}),
        ("other", {"RedrivePolicy": "["}),
        ("other", {"Colour": "blue"}),
    ],
    ids=["fifo-name", "plain-name", "fifo-attribute", "value", "redrive", "no-json", "unknown"],
)
def test_a_queue_that_cannot_be_is_refused(sqs: Any, name: str, attributes: dict[str, str]) -> None:
    with pytest.raises(ClientError):
        sqs.create_queue(QueueName=name, Attributes=attributes)


def test_messages_outlive_a_killed_server(start_server: Callable[..., Server], tmp_path: Path) -> None:
    server = start_server(tmp_path / "home", "--open")
    sqs = server.client("sqs", "111122223333")
    queue = sqs.create_queue(QueueName="tokens")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="kept")
    server.kill()

    sqs = start_server(tmp_path / "home", "--open").client("sqs", "111122223333")

    def received() -> bool:
        return bool(sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"] == "kept")

    wait_until(received, "the message is gone")
