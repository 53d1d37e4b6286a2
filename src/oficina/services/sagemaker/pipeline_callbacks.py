"""The answers to Callback steps, by token."""

from __future__ import annotations

from typing import Any

from oficina.engine.pipelines.kinds import CALLBACK
from oficina.errors import validation
from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker
from oficina.store.kinds import Document


@sagemaker.operation
def send_pipeline_execution_step_success(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The step did what it is for."""
    outputs = request.get("OutputParameters", [])
    return _end(ctx, request["CallbackToken"], {"CallbackStatus": "Succeeded", "OutputParameters": outputs})


@sagemaker.operation
def send_pipeline_execution_step_failure(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The step failed."""
    changes = {"CallbackStatus": "Failed", "FailureReason": request.get("FailureReason")}
    return _end(ctx, request["CallbackToken"], changes)


def _end(ctx: Context, token: str, changes: Document) -> Document:
    """Keeps an answer; the same one again is no mistake, another one is."""
    with ctx.docs.transaction():
        callback = ctx.docs.get(CALLBACK, token)
        same = all(callback.get(name) == value for name, value in changes.items())
        if callback["CallbackStatus"] != "Waiting" and not same:
            raise validation(
                f"The step with the callback token {token} is in status {callback['CallbackStatus']} already."
            )
        ctx.docs.update(CALLBACK, token, changes)
    return {"PipelineExecutionArn": callback["_execution"]}
