"""Callback steps: a message with a token goes to an SQS queue; whoever gets it says how the step ended.

Developer guide, "Callback step": the message's body, and the second one when the execution is to stop.
"""

from __future__ import annotations

import secrets
import string

import orjson

from oficina.engine.pipelines.definition import Step
from oficina.engine.pipelines.kinds import CALLBACK
from oficina.engine.pipelines.tasks import Order, TaskFailed, cast_outputs, told
from oficina.errors import AwsError
from oficina.store.kinds import Document

TOKEN_LENGTH = 10
"""Characters of a token (botocore, CallbackToken)."""


class Callback:
    """The task of a Callback step."""

    keys: tuple[str, ...] = ("SqsQueueUrl", "Arguments", "OutputParameters")

    def new_name(self) -> str:
        """The token."""
        letters = string.ascii_letters + string.digits
        return "".join(secrets.choice(letters) for _ in range(TOKEN_LENGTH))

    def begin(self, order: Order) -> str:
        """Keeps the token, then sends it. After a crash in between the message is sent again."""
        known = order.docs.find(CALLBACK, order.name)
        if known is None:
            document = {
                "CallbackToken": order.name,
                "CallbackStatus": "Waiting",
                "_execution": order.execution,
            }
            known = order.docs.create(CALLBACK, document)
        if not known.get("_sent"):
            _send(order, "Executing")
            order.docs.update(CALLBACK, order.name, {"_sent": True})
        return str(known["CallbackArn"])

    def metadata(self, order: Order, outputs: Document | None) -> Document:
        """The token, the queue, and the output parameters."""
        return {
            "Callback": {
                "CallbackToken": order.name,
                "SqsQueueUrl": order.given["SqsQueueUrl"],
                "OutputParameters": told(outputs),
            }
        }

    def outputs(self, step: Step, row: Document) -> Document | None:
        """What SendPipelineExecutionStepSuccess has brought."""
        if row["CallbackStatus"] == "Waiting":
            return None
        if row["CallbackStatus"] == "Failed":
            raise TaskFailed(row.get("FailureReason") or "ClientError: The callback step failed.")
        given = {each["Name"]: each["Value"] for each in row["OutputParameters"]}
        return cast_outputs(step, given)

    def stop(self, order: Order) -> None:
        """Tells the queue; the step ends when its token comes back."""
        _send(order, "Stopping")


def _send(order: Order, status: str) -> None:
    body = {
        "token": order.name,
        "pipelineExecutionArn": order.execution,
        "arguments": order.given.get("Arguments") or {},
        "status": status,
    }
    message = {"QueueUrl": str(order.given["SqsQueueUrl"]), "MessageBody": orjson.dumps(body).decode()}
    try:
        order.engine.call(order.docs.account, order.docs.region, "sqs", "SendMessage", message)
    except AwsError as error:
        raise TaskFailed(f"ClientError: {order.given['SqsQueueUrl']}: {error.message}") from error
