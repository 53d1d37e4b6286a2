"""What SQS answers where a request cannot be, in AWS's words, and permissions of queues."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

STEM = "AWS.SimpleQueueService."


@pytest.fixture
def sqs(aws: Callable[..., Any]) -> Any:
    """A client of the test's own account."""
    return aws("sqs")


@pytest.fixture
def queue(sqs: Any) -> str:
    """A queue's URL."""
    url: str = sqs.create_queue(QueueName="work")["QueueUrl"]
    return url


@pytest.fixture
def fifo(sqs: Any) -> str:
    """The URL of a FIFO queue."""
    url: str = sqs.create_queue(QueueName="line.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    return url


def attribute(sqs: Any, queue: str, name: str) -> str | None:
    told = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=[name])
    value: str | None = told.get("Attributes", {}).get(name)
    return value


def refused(call: Callable[..., Any], **request: Any) -> tuple[str, str]:
    """Code and sentence of a refusal."""
    with pytest.raises(ClientError) as refusal:
        call(**request)
    error = refusal.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_permission_is_a_statement_of_the_policy_until_it_is_removed(sqs: Any, queue: str) -> None:
    give = {"QueueUrl": queue, "AWSAccountIds": ["111122223333"], "Actions": ["ReceiveMessage"]}
    sqs.add_permission(**give, Label="read")
    sqs.add_permission(
        QueueUrl=queue, Label="work", AWSAccountIds=["111122223333", "444455556666"], Actions=["*"]
    )

    policy = json.loads(attribute(sqs, queue, "Policy") or "{}")
    arn = attribute(sqs, queue, "QueueArn")
    assert (policy["Version"], policy["Id"]) == ("2008-10-17", f"{arn}/SQSDefaultPolicy")
    assert policy["Statement"][0] == {
        "Sid": "read",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "SQS:ReceiveMessage",
        "Resource": arn,
    }
    people = ["arn:aws:iam::111122223333:root", "arn:aws:iam::444455556666:root"]
    assert policy["Statement"][1]["Principal"]["AWS"] == people
    code, sentence = refused(sqs.add_permission, **give, Label="read")
    assert (code, sentence) == (
        "InvalidParameterValue",
        "Value read for parameter Label is invalid. Reason: Already exists.",
    )

    sqs.remove_permission(QueueUrl=queue, Label="read")
    sqs.remove_permission(QueueUrl=queue, Label="work")
    assert attribute(sqs, queue, "Policy") is None
    assert refused(sqs.remove_permission, QueueUrl=queue, Label="work")[1].endswith("can't find label.")
    give["Actions"] = ["DeleteQueue"]
    assert "Only the queue owner" in refused(sqs.add_permission, **give, Label="all")[1]


def test_a_queue_is_emptied_once_a_minute(sqs: Any, queue: str) -> None:
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    before = attribute(sqs, queue, "LastModifiedTimestamp")
    sqs.purge_queue(QueueUrl=queue)
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    assert attribute(sqs, queue, "LastModifiedTimestamp") == before
    with pytest.raises(sqs.exceptions.PurgeQueueInProgress, match="every 60 seconds") as again:
        sqs.purge_queue(QueueUrl=queue)
    assert again.value.response["Error"]["Code"] == f"{STEM}PurgeQueueInProgress"
    assert again.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


@pytest.mark.parametrize(
    ("attributes", "code", "sentence"),
    [
        ({"Colour": "blue"}, "InvalidAttributeName", "Unknown Attribute Colour."),
        ({"FifoQueue": "true"}, "InvalidAttributeName", "Unknown Attribute FifoQueue."),
        ({"Policy": "no"}, "InvalidAttributeValue", "Invalid value for the parameter Policy."),
        (
            {"KmsMasterKeyId": "k", "SqsManagedSseEnabled": "true"},
            "InvalidAttributeName",
            "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE "
            "or SQS SSE.",
        ),
        (
            {"RedrivePolicy": '{"deadLetterTargetArn": "dummy", "maxReceiveCount": 42}'},
            "InvalidParameterValue",
            'Value {"deadLetterTargetArn": "dummy", "maxReceiveCount": 42} for parameter RedrivePolicy is '
            "invalid. Reason: Invalid value for deadLetterTargetArn.",
        ),
    ],
    ids=["unknown", "fifo", "policy", "two-encryptions", "no-arn"],
)
def test_an_attribute_that_cannot_be_is_refused_as_aws_says_it(
    sqs: Any, queue: str, attributes: dict[str, str], code: str, sentence: str
) -> None:
    assert refused(sqs.set_queue_attributes, QueueUrl=queue, Attributes=attributes) == (code, sentence)


def test_a_key_takes_the_place_of_the_queues_own_encryption(sqs: Any, queue: str, fifo: str) -> None:
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"KmsMasterKeyId": "alias/mine"})
    assert attribute(sqs, queue, "SqsManagedSseEnabled") == "false"
    code, _ = refused(sqs.get_queue_attributes, QueueUrl=queue, AttributeNames=["Colour"])
    assert code == "InvalidAttributeName"
    _, sentence = refused(sqs.set_queue_attributes, QueueUrl=fifo, Attributes={"FifoQueue": "false"})
    assert sentence.endswith("Reason: Modifying queue type is not supported.")


def test_a_count_of_receipts_is_told_as_a_number(sqs: Any, queue: str) -> None:
    arn = attribute(sqs, queue, "QueueArn")
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "3"})
    url = sqs.create_queue(QueueName="counted", Attributes={"RedrivePolicy": policy})["QueueUrl"]
    assert json.loads(attribute(sqs, url, "RedrivePolicy") or "{}")["maxReceiveCount"] == 3
    assert sqs.create_queue(QueueName="counted", Attributes={"RedrivePolicy": policy})["QueueUrl"] == url


def test_numbers_and_texts_out_of_their_range_are_refused_as_aws_says_it(sqs: Any, queue: str) -> None:
    sentence = refused(sqs.receive_message, QueueUrl=queue, MaxNumberOfMessages=11)[1]
    assert sentence.endswith("MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.")
    assert refused(sqs.send_message, QueueUrl=queue, MessageBody="x", DelaySeconds=901)[1] == (
        "Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."
    )
    empty = {"Details": {"DataType": "String", "StringValue": ""}}
    assert refused(sqs.send_message, QueueUrl=queue, MessageBody="x", MessageAttributes=empty)[1] == (
        "Message (user) attribute 'Details' must contain a non-empty value of type 'String'."
    )
    assert refused(sqs.tag_queue, QueueUrl=queue, Tags={})[0] == "MissingParameter"
    many = {f"k{number}": "v" for number in range(51)}
    assert refused(sqs.tag_queue, QueueUrl=queue, Tags=many)[1] == "Too many tags added for queue work."
    assert "Tags" not in sqs.list_queue_tags(QueueUrl=queue)
    assert refused(sqs.untag_queue, QueueUrl=queue, TagKeys=[])[0] == "InvalidParameterValue"


def test_a_batch_is_refused_whole_where_it_cannot_be_one(sqs: Any, queue: str, fifo: str) -> None:
    send = sqs.send_message_batch
    assert refused(send, QueueUrl=queue, Entries=[]) == (
        f"{STEM}EmptyBatchRequest",
        "There should be at least one SendMessageBatchRequestEntry in the request.",
    )
    entries = [{"Id": "a", "MessageBody": "x", "MessageGroupId": "g", "MessageDeduplicationId": "1"}]
    assert refused(send, QueueUrl=fifo, Entries=[*entries, {"Id": "b", "MessageBody": "y"}])[1] == (
        "The request must contain the parameter MessageGroupId."
    )
    no_token = {"Id": "b", "MessageBody": "y", "MessageGroupId": "g"}
    assert "ContentBasedDeduplication" in refused(send, QueueUrl=fifo, Entries=[*entries, no_token])[1]
    assert attribute(sqs, fifo, "ApproximateNumberOfMessages") == "0"

    small = sqs.create_queue(QueueName="small", Attributes={"MaximumMessageSize": "1024"})["QueueUrl"]
    pair = [{"Id": each, "MessageBody": "x" * 1000} for each in "ab"]
    assert len(send(QueueUrl=small, Entries=pair)["Successful"]) == 2


def test_a_message_that_came_back_is_still_that_of_its_last_receipt(sqs: Any, queue: str, fifo: str) -> None:
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    (message,) = sqs.receive_message(QueueUrl=queue, VisibilityTimeout=0)["Messages"]
    handle = message["ReceiptHandle"]
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=60)
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=handle)
    assert attribute(sqs, queue, "ApproximateNumberOfMessagesNotVisible") == "0"

    sqs.send_message(QueueUrl=fifo, MessageBody="x", MessageGroupId="g", MessageDeduplicationId="1")
    (message,) = sqs.receive_message(QueueUrl=fifo, VisibilityTimeout=0)["Messages"]
    _, sentence = refused(sqs.delete_message, QueueUrl=fifo, ReceiptHandle=message["ReceiptHandle"])
    assert sentence.endswith("Reason: The receipt handle has expired.")
