"""FIFO queues and dead letters, through boto3."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def sqs(aws: Callable[..., Any]) -> Any:
    """A client of the test's own account."""
    return aws("sqs")


@pytest.fixture
def fifo(sqs: Any) -> str:
    """The URL of a FIFO queue."""
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    url: str = sqs.create_queue(QueueName="line.fifo", Attributes=attributes)["QueueUrl"]
    return url


def send(sqs: Any, queue: str, body: str, group: str = "g", **more: str) -> Any:
    return sqs.send_message(QueueUrl=queue, MessageBody=body, MessageGroupId=group, **more)


def receive(sqs: Any, queue: str, **more: Any) -> list[Any]:
    found = sqs.receive_message(QueueUrl=queue, AttributeNames=["All"], **more)
    messages: list[Any] = found.get("Messages", [])
    return messages


def test_messages_of_a_group_come_in_order_to_one_receiver_at_a_time(sqs: Any, fifo: str) -> None:
    for body in ("first", "second", "third"):
        send(sqs, fifo, body)
    send(sqs, fifo, "other", group="h")

    (first,) = receive(sqs, fifo)
    assert first["Body"] == "first"
    assert first["Attributes"]["MessageGroupId"] == "g"
    assert [each["Body"] for each in receive(sqs, fifo, MaxNumberOfMessages=10)] == ["other"]

    sqs.delete_message(QueueUrl=fifo, ReceiptHandle=first["ReceiptHandle"])
    rest = receive(sqs, fifo, MaxNumberOfMessages=10)
    assert [each["Body"] for each in rest] == ["second", "third"]
    numbers = [each["Attributes"]["SequenceNumber"] for each in (first, *rest)]
    assert numbers == sorted(set(numbers))


def test_what_was_sent_before_is_answered_the_same_and_not_added(sqs: Any, fifo: str) -> None:
    told = send(sqs, fifo, "once")
    assert send(sqs, fifo, "once")["MessageId"] == told["MessageId"]
    assert send(sqs, fifo, "once", MessageDeduplicationId="2")["MessageId"] != told["MessageId"]

    assert len(receive(sqs, fifo, MaxNumberOfMessages=10)) == 2


def test_a_message_that_a_fifo_queue_cannot_take_is_refused(sqs: Any, fifo: str) -> None:
    with pytest.raises(ClientError, match="MessageGroupId"):
        sqs.send_message(QueueUrl=fifo, MessageBody="x")
    with pytest.raises(ClientError, match="valid for this queue type"):
        sqs.send_message(QueueUrl=fifo, MessageBody="x", MessageGroupId="g", DelaySeconds=5)
    sqs.set_queue_attributes(QueueUrl=fifo, Attributes={"ContentBasedDeduplication": "false"})
    with pytest.raises(ClientError, match="ContentBasedDeduplication"):
        send(sqs, fifo, "x")


def test_a_message_received_too_often_goes_to_the_dead_letters_and_comes_back(sqs: Any) -> None:
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 2})
    queue = sqs.create_queue(QueueName="work", Attributes={"RedrivePolicy": policy})["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="poison")

    assert [len(receive(sqs, queue, VisibilityTimeout=0)) for _ in range(3)] == [1, 1, 0]
    (message,) = receive(sqs, dead, VisibilityTimeout=0)
    assert message["Body"] == "poison"
    assert message["Attributes"]["ApproximateReceiveCount"] == "3"
    assert message["Attributes"]["DeadLetterQueueSourceArn"].endswith(":work")
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [queue]

    sqs.start_message_move_task(SourceArn=arn)
    (task,) = sqs.list_message_move_tasks(SourceArn=arn)["Results"]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 1)
    assert receive(sqs, dead) == []
    assert [each["Body"] for each in receive(sqs, queue)] == ["poison"]


def test_dead_letters_go_only_where_they_may(sqs: Any, fifo: str) -> None:
    arn = sqs.get_queue_attributes(QueueUrl=fifo, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "2"})
    with pytest.raises(ClientError, match="same type"):
        sqs.create_queue(QueueName="work", Attributes={"RedrivePolicy": policy})
    closed = json.dumps({"redrivePermission": "denyAll"})
    sqs.set_queue_attributes(QueueUrl=fifo, Attributes={"RedriveAllowPolicy": closed})
    with pytest.raises(ClientError, match="permissions"):
        sqs.create_queue(QueueName="w.fifo", Attributes={"FifoQueue": "true", "RedrivePolicy": policy})


def test_a_queue_has_tags_and_a_batch_hides_messages(sqs: Any) -> None:
    queue = sqs.create_queue(QueueName="tagged", tags={"team": "a"})["QueueUrl"]
    sqs.tag_queue(QueueUrl=queue, Tags={"stage": "dev"})
    sqs.untag_queue(QueueUrl=queue, TagKeys=["team"])
    assert sqs.list_queue_tags(QueueUrl=queue)["Tags"] == {"stage": "dev"}

    sqs.send_message(QueueUrl=queue, MessageBody="x")
    (message,) = receive(sqs, queue)
    entries = [
        {"Id": "a", "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0},
        {"Id": "b", "ReceiptHandle": "A" * 64, "VisibilityTimeout": 0},
    ]
    told = sqs.change_message_visibility_batch(QueueUrl=queue, Entries=entries)
    assert [each["Id"] for each in told["Successful"]] == ["a"]
    assert [each["Code"] for each in told["Failed"]] == ["MessageNotInflight"]
    assert len(receive(sqs, queue)) == 1
    with pytest.raises(sqs.exceptions.ReceiptHandleIsInvalid):
        sqs.delete_message(QueueUrl=queue, ReceiptHandle="short")
