"""Invoke: at once, later, or only checked."""

from __future__ import annotations

import base64
import binascii
import uuid
from typing import Any

import orjson

from oficina.engine.functions import functions
from oficina.engine.functions.invocation import Call
from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.lambda_ import names
from oficina.services.lambda_.api import lambda_

MOST_BYTES = 6 * 1024 * 1024
"""The largest event (Lambda quotas: 6 MB, and 1 MB for type Event)."""
MOST_LATER = 1024 * 1024


@lambda_.operation
def invoke(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Runs a function."""
    function = names.qualified(ctx, request["FunctionName"], request.get("Qualifier"))
    kind = request.get("InvocationType", "RequestResponse")
    event = _event(request.get("Payload") or b"", MOST_LATER if kind == "Event" else MOST_BYTES)
    if kind == "DryRun":
        return {"StatusCode": 204}
    if kind == "Event":
        functions.enqueue(ctx.store, ctx.docs, function, event, str(uuid.uuid4()), tried=0)
        return {"StatusCode": 202}
    call = Call(function, event, ctx.request_id, ctx.clock.now(), _client_context(request))
    outcome = functions.of(ctx.store).invoke(call)
    answer: dict[str, Any] = {
        "StatusCode": 200,
        "Payload": outcome.payload.encode(),
        "ExecutedVersion": function["Version"],
    }
    if outcome.error:
        answer["FunctionError"] = "Unhandled"
    if request.get("LogType") == "Tail":
        answer["LogResult"] = base64.b64encode(outcome.tail).decode()
    return answer


def _event(payload: bytes, most: int) -> str:
    if len(payload) > most:
        raise AwsError(
            "RequestTooLargeException",
            f"Request must be smaller than {most} bytes for the InvokeFunction operation",
            413,
        )
    text = payload or b"{}"
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise AwsError(
            "InvalidRequestContentException", f"Could not parse request body into json: {error}"
        ) from error
    return text.decode()


def _client_context(request: dict[str, Any]) -> str:
    """JSON, which clients give in base64."""
    try:
        text = base64.b64decode(request.get("ClientContext", ""), validate=True).decode()
        if text:
            orjson.loads(text)
    except (binascii.Error, UnicodeDecodeError, orjson.JSONDecodeError) as error:
        raise AwsError(
            "InvalidRequestContentException", "Client context must be a valid Base64-encoded JSON object."
        ) from error
    return text
