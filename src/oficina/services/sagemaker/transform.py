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


MOST_MEGABYTES = 100
"""What MaxPayloadInMB, and its product with MaxConcurrentTransforms, may be (API reference)."""
_RECORDS = ("text/csv", "application/json", "application/jsonlines")
"""The content types that can be taken apart (developer guide, "Associate Prediction Results")."""


def _check(request: Document) -> None:
    source, target = request["TransformInput"], request["TransformOutput"]
    kind = source["DataSource"]["S3DataSource"]["S3DataType"]
    if kind not in ("S3Prefix", "ManifestFile"):
        raise validation(
            f"S3DataType {kind} cannot be the input of a transform job; use S3Prefix or ManifestFile."
        )
    payload, together = request.get("MaxPayloadInMB", 0), request.get("MaxConcurrentTransforms") or 1
    if payload > MOST_MEGABYTES or payload * together > MOST_MEGABYTES:
        raise validation(
            f"MaxPayloadInMB and its product with MaxConcurrentTransforms cannot exceed {MOST_MEGABYTES}; "
            f"they are {payload} and {payload * together}."
        )
    split = source.get("SplitType", "None")
    if request.get("BatchStrategy") == "MultiRecord" and split == "None" and _shapes(request):
        raise validation("DataProcessing with BatchStrategy MultiRecord needs a SplitType.")
    for member in ("InputFilter", "OutputFilter"):
        try:
            compile_path(request.get("DataProcessing", {}).get(member) or "$")
        except BadPath as error:
            raise validation(f"DataProcessing.{member} is not valid: {error}") from error
    if _shapes(request) or _identifies(request):
        _check_records(source, target, _shapes(request))


def _shapes(request: Document) -> bool:
    """Whether DataProcessing does anything."""
    processing = request.get("DataProcessing", {})
    filters = (processing.get(member) or "$" for member in ("InputFilter", "OutputFilter"))
    return processing.get("JoinSource") == "Input" or any(each != "$" for each in filters)


def _identifies(request: Document) -> bool:
    return bool(request.get("DataCaptureConfig", {}).get("GenerateInferenceId"))


def _check_records(source: Document, target: Document, shapes: bool) -> None:
    """That records can be taken apart and put together."""
    given = source.get("ContentType", "text/csv")
    made = target.get("Accept") or given
    for member, kind in (("ContentType", given), ("Accept", made)):
        if _media(kind) not in _RECORDS and (shapes or member == "Accept"):
            raise validation(
                f"{'DataProcessing' if shapes else 'GenerateInferenceId'} needs {member} to be one of "
                f"{', '.join(_RECORDS)}; it is {kind}."
            )
    if shapes and (_media(given) == "text/csv") != (_media(made) == "text/csv"):
        raise validation(f"DataProcessing needs input and output in one format; they are {given} and {made}.")
    if "text/csv" not in (_media(given), _media(made)):
        return
    lines = {"SplitType": source.get("SplitType")}
    lines |= {"AssembleWith": target.get("AssembleWith")} if shapes else {}
    for member, value in lines.items():
        if value != "Line":
            raise validation(f"{member} must be Line for records of text/csv; it is {value or 'None'}.")


def _media(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


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
