"""SQS in the query protocol: what botocore before 1.31.81 and older SDKs of other languages send and read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.raw import Answer, signed_form

SPACE = {"q": "http://queue.amazonaws.com/doc/2012-11-05/"}


@pytest.fixture
def sqs(aws: Callable[..., Any]) -> Any:
    """A client of the test's own account."""
    return aws("sqs")


@pytest.fixture
def ask(sqs: Any) -> Callable[..., Answer]:
    """Sends a form to the service's address."""

    def send(action: str, **fields: str) -> Answer:
        address = sqs.meta.endpoint_url + "/"
        return signed_form(sqs, "sqs", address, Action=action, Version="2012-11-05", **fields)

    return send


def texts(answer: Answer, path: str) -> list[str]:
    """The texts of the elements at a path."""
    root = ElementTree.fromstring(answer.body)
    steps = "/".join(f"q:{step}" for step in path.split("/"))
    return [node.text or "" for node in root.findall(steps, SPACE)]


def test_a_queue_and_its_messages_are_spelt_in_forms_and_xml(sqs: Any, ask: Callable[..., Answer]) -> None:
    made = ask(
        "CreateQueue",
        QueueName="old",
        Attribute__1__Name="VisibilityTimeout",
        Attribute__1__Value="40",
        Tag__1__Key="team",
        Tag__1__Value="a",
    )
    (url,) = texts(made, "CreateQueueResult/QueueUrl")
    told = ask("GetQueueAttributes", QueueUrl=url, AttributeName__1="VisibilityTimeout")
    assert texts(told, "GetQueueAttributesResult/Attribute/Value") == ["40"]
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "a"}
    assert texts(ask("ListQueues"), "ListQueuesResult/QueueUrl") == [url]

    ask(
        "SendMessage",
        QueueUrl=url,
        MessageBody="a < b",
        MessageAttribute__1__Name="kind",
        MessageAttribute__1__Value__DataType="Binary",
        MessageAttribute__1__Value__BinaryValue="AP8=",
    )
    got = ask("ReceiveMessage", QueueUrl=url, AttributeName__1="All", MessageAttributeName__1="All")
    message = "ReceiveMessageResult/Message"
    assert texts(got, f"{message}/Body") == ["a < b"]
    assert "ApproximateReceiveCount" in texts(got, f"{message}/Attribute/Name")
    assert texts(got, f"{message}/MessageAttribute/Value/BinaryValue") == ["AP8="]

    (handle,) = texts(got, f"{message}/ReceiptHandle")
    gone = ask(
        "DeleteMessageBatch",
        QueueUrl=url,
        DeleteMessageBatchRequestEntry__1__Id="a",
        DeleteMessageBatchRequestEntry__1__ReceiptHandle=handle,
    )
    assert texts(gone, "DeleteMessageBatchResult/DeleteMessageBatchResultEntry/Id") == ["a"]


def test_a_form_sent_to_a_queues_own_address_means_that_queue(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="own")["QueueUrl"]

    assert signed_form(sqs, "sqs", url, Action="SendMessage", MessageBody="x").status_code == 200
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "x"


def test_an_error_has_the_code_of_that_protocol(ask: Callable[..., Answer]) -> None:
    refused = ask("GetQueueUrl", QueueName="none")

    assert refused.status_code == 400
    assert texts(refused, "Error/Code") == ["AWS.SimpleQueueService.NonExistentQueue"]
    refused = ask("Dance")
    assert texts(refused, "Error/Code") == ["InvalidAction"]
    assert texts(refused, "Error/Message") == ["The action Dance is not valid for this endpoint."]
