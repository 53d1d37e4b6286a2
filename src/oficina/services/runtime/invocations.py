"""InvokeEndpoint, whole and as a stream (aws-contracts D.18: headers there and back)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from oficina.engine.hosting import hosting, invocation
from oficina.engine.hosting.invocation import Answer, Call
from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.runtime.api import runtime

ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"

PASSED_ON = (
    ("Accept", "Accept"),
    ("CustomAttributes", ATTRIBUTES),
    ("TargetModel", "X-Amzn-SageMaker-Target-Model"),
    ("TargetVariant", "X-Amzn-SageMaker-Target-Variant"),
    ("TargetContainerHostname", "X-Amzn-SageMaker-Target-Container-Hostname"),
    ("InferenceId", "X-Amzn-SageMaker-Inference-Id"),
    ("EnableExplanations", "X-Amzn-SageMaker-Enable-Explanations"),
    ("SessionId", "X-Amzn-SageMaker-Session-Id"),
)
"""Members that the model is told, with their headers; no other header reaches it."""


@runtime.operation
def invoke_endpoint(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The model's answer."""
    began = time.perf_counter()
    answer = invocation.invoke(hosting.of(ctx.store), ctx.account, ctx.region, _call(request), began)
    return {
        "Body": answer.body,
        "NewSessionId": answer.headers.get("x-amzn-sagemaker-new-session-id"),
        "ClosedSessionId": answer.headers.get("x-amzn-sagemaker-closed-session-id"),
        **_told(answer),
    }


@runtime.operation
def invoke_endpoint_with_response_stream(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The model's answer, each part as it arrives."""
    began = time.perf_counter()
    answer = invocation.stream(hosting.of(ctx.store), ctx.account, ctx.region, _call(request), began)
    return {"Body": _events(answer), **_told(answer)}


def _call(request: dict[str, Any]) -> Call:
    if "InferenceComponentName" in request:
        raise AwsError(
            "ValidationError",
            f"Inference Component {request['InferenceComponentName']} not found: oficina has none yet.",
        )
    return Call(
        endpoint=request["EndpointName"],
        body=request["Body"],
        content_type=request.get("ContentType", ""),
        headers=[(header, request[member]) for member, header in PASSED_ON if member in request],
        variant=request.get("TargetVariant"),
        inference_id=request.get("InferenceId"),
        attributes=request.get("CustomAttributes"),
    )


def _told(answer: Answer) -> dict[str, Any]:
    return {
        "ContentType": answer.headers.get("content-type"),
        "InvokedProductionVariant": answer.variant,
        "CustomAttributes": answer.headers.get(ATTRIBUTES.lower()),
    }


def _events(answer: Answer) -> Iterator[dict[str, Any]]:
    for piece in answer.body:
        yield {"PayloadPart": {"Bytes": piece}}
