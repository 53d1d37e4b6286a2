"""Batch transform jobs."""

from __future__ import annotations

from typing import Any

from oficina.engine import inputs, jobs
from oficina.engine.hosting.kinds import MODEL
from oficina.engine.transform import TRANSFORM_JOB, Transform
from oficina.errors import validation
from oficina.runners.transform.jsonpath import BadPath, compile_path
from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.jobs import default, hold, stop
from oficina.store.kinds import Document


@sagemaker.operation
def create_transform_job(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps the request and hands the job to the engine."""
    model = ctx.docs.get(MODEL, request["ModelName"])
    _check(request)
    source = request["TransformInput"]["DataSource"]["S3DataSource"]
    problem = inputs.problem(ctx.store, ctx.account, ctx.region, source, model["ExecutionRoleArn"])
    if problem:
        raise validation(problem)
    document = _with_defaults(request)
    name = document["TransformJobName"]
    with ctx.docs.transaction():
        job = ctx.docs.create(TRANSFORM_JOB, document, TransformJobStatus="InProgress")
        ctx.enqueue(jobs.TOPIC, job["TransformJobArn"], payload={"kind": "TransformJob", "name": name})
    return job


def _check(request: Document) -> None:
    if "DataCaptureConfig" in request:
        raise validation(
            "oficina does not capture the data of transform jobs yet; leave DataCaptureConfig out."
        )
    processing = request.get("DataProcessing", {})
    for member in ("InputFilter", "OutputFilter"):
        try:
            compile_path(processing.get(member) or "$")
        except BadPath as error:
            raise validation(f"DataProcessing.{member} is not valid: {error}") from error
    source, target = request["TransformInput"], request["TransformOutput"]
    joined = processing.get("JoinSource") == "Input" or bool(processing.get("OutputFilter"))
    if joined and request.get("BatchStrategy") == "MultiRecord" and source.get("SplitType") in (None, "None"):
        raise validation("DataProcessing with BatchStrategy MultiRecord needs a SplitType.")
    if joined and target.get("AssembleWith") not in (None, "None", "Line"):
        raise validation("AssembleWith must be None or Line.")


def _with_defaults(request: Document) -> Document:
    document = {**request}
    default(document["TransformInput"], CompressionType="None", SplitType="None")
    default(document["TransformOutput"], AssembleWith="None", KmsKeyId="")
    if "DataProcessing" in document:
        default(document["DataProcessing"], InputFilter="$", OutputFilter="$", JoinSource="None")
    return document


@sagemaker.operation
def describe_transform_job(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A transform job; held for a moment while a young one runs."""
    return hold(ctx, TRANSFORM_JOB, ctx.docs.get(TRANSFORM_JOB, request["TransformJobName"]))


@sagemaker.operation
def list_transform_jobs(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The transform jobs, newest first."""
    page = ctx.docs.page(TRANSFORM_JOB, request)
    return {"TransformJobSummaries": page.items, "NextToken": page.token}


@sagemaker.operation
def stop_transform_job(ctx: Context, request: dict[str, Any]) -> None:
    """Asks a job to stop."""
    stop(ctx, Transform(), request["TransformJobName"])
