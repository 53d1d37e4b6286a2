"""Lambda steps: a function is invoked with the step's Arguments; its answer gives the output parameters.

Developer guide, "Lambda step": the execution waits for the function, also when it is stopped.
"""

from __future__ import annotations

import uuid
from typing import Any

import orjson

from oficina.engine.functions import functions, versions
from oficina.engine.functions.kinds import FUNCTION, INVOCATION
from oficina.engine.pipelines.definition import Step
from oficina.engine.pipelines.tasks import Order, TaskFailed, cast_outputs, told
from oficina.store.kinds import Document


class Lambda:
    """The task of a Lambda step."""

    keys: tuple[str, ...] = ("FunctionArn", "Arguments", "OutputParameters")

    def new_name(self) -> str:
        """The invocation's request id."""
        return str(uuid.uuid4())

    def begin(self, order: Order) -> str:
        """Puts the invocation into the queue."""
        known = order.docs.find(INVOCATION, order.name)
        if known is not None:
            return str(known["InvocationArn"])
        arn = str(order.given["FunctionArn"])
        name, _, qualifier = (arn.partition(":function:")[2] or arn).partition(":")
        function = versions.find(order.docs, name, qualifier or None)
        if function is None:
            told = order.docs.arn(FUNCTION, name) + (f":{qualifier}" if qualifier else "")
            raise TaskFailed(f"ClientError: Function not found: {told}")
        event = orjson.dumps(order.given.get("Arguments") or {}).decode()
        kept = functions.enqueue(order.engine.store, order.docs, function, event, order.name)
        return str(kept["InvocationArn"])

    def metadata(self, order: Order, outputs: Document | None) -> Document:
        """The function's ARN, and its output parameters."""
        return {"Lambda": {"Arn": order.given["FunctionArn"], "OutputParameters": told(outputs)}}

    def outputs(self, step: Step, row: Document) -> Document | None:
        """What the handler has returned."""
        if row["InvocationStatus"] == "InProgress":
            return None
        if row["InvocationStatus"] == "Failed":
            raise TaskFailed(
                f"ClientError: The Lambda function failed: {row.get('FailureReason', '')}"[:1024]
            )
        answer: Any = orjson.loads(row["_payload"])
        return cast_outputs(step, answer if isinstance(answer, dict) else {})

    def stop(self, order: Order) -> None:
        """A function is not stopped: it ends by itself or at its timeout."""
