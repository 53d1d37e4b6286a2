"""Processing jobs."""

from __future__ import annotations

from typing import Any

from oficina.engine import jobs
from oficina.engine.processing import PROCESSING_JOB, Processing
from oficina.errors import validation
from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.jobs import DAY, check_role, default, delete, hold, stop
from oficina.store.kinds import Document


@sagemaker.operation
def create_processing_job(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps the request and hands the job to the engine."""
    check_role(ctx, request["RoleArn"])
    _check(request)
    document = _with_defaults(request)
    name = document["ProcessingJobName"]
    with ctx.docs.transaction():
        job = ctx.docs.create(PROCESSING_JOB, document, ProcessingJobStatus="InProgress")
        ctx.enqueue(jobs.TOPIC, job["ProcessingJobArn"], payload={"kind": "ProcessingJob", "name": name})
    return job


def _check(request: Document) -> None:
    names = [item["InputName"] for item in request.get("ProcessingInputs", ())]
    outputs = request.get("ProcessingOutputConfig", {}).get("Outputs", ())
    names += [item["OutputName"] for item in outputs]
    for name in names:
        if names.count(name) > 1:
            raise validation(f"Processing input and output names must be unique: {name} is given twice.")
    for item in request.get("ProcessingInputs", ()):
        _check_input(item)
    for item in outputs:
        if ("S3Output" in item) == ("FeatureStoreOutput" in item):
            raise validation(f"Output {item['OutputName']} must have one of S3Output and FeatureStoreOutput.")
        if "FeatureStoreOutput" in item and not item.get("AppManaged"):
            raise validation(
                f"Output {item['OutputName']}: FeatureStoreOutput is only supported with AppManaged."
            )
        _check_place(item["OutputName"], item.get("S3Output", {}))


def _check_place(name: str, side: Document) -> None:
    """A job has its files below ``/opt/ml`` (API reference of ProcessingS3Input)."""
    place = side.get("LocalPath")
    if place and not (place + "/").startswith("/opt/ml/"):
        raise validation(f"LocalPath of {name} must begin with /opt/ml/processing/, not {place}.")


def _check_input(item: Document) -> None:
    if "S3Input" not in item:
        raise validation(f"oficina reads inputs from S3: give S3Input for {item['InputName']}.")
    source = item["S3Input"]
    if not item.get("AppManaged") and not source.get("LocalPath"):
        raise validation(f"LocalPath is required for input {item['InputName']} unless it is AppManaged.")
    _check_place(item["InputName"], source)
    if source.get("S3CompressionType") == "Gzip" and source.get("S3InputMode") != "Pipe":
        raise validation("Gzip can only be used for S3CompressionType if the S3InputMode is Pipe.")


def _with_defaults(request: Document) -> Document:
    document = {**request}
    default(document, StoppingCondition={"MaxRuntimeInSeconds": DAY})
    for item in document.get("ProcessingInputs", ()):
        default(item, AppManaged=False)
        default(
            item["S3Input"],
            S3InputMode="File",
            S3DataDistributionType="FullyReplicated",
            S3CompressionType="None",
        )
    for item in document.get("ProcessingOutputConfig", {}).get("Outputs", ()):
        default(item, AppManaged=False)
    return document


@sagemaker.operation
def describe_processing_job(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A processing job; held for a moment while a young one runs."""
    return hold(ctx, PROCESSING_JOB, ctx.docs.get(PROCESSING_JOB, request["ProcessingJobName"]))


@sagemaker.operation
def list_processing_jobs(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The processing jobs, newest first."""
    page = ctx.docs.page(PROCESSING_JOB, request)
    return {"ProcessingJobSummaries": page.items, "NextToken": page.token}


@sagemaker.operation
def stop_processing_job(ctx: Context, request: dict[str, Any]) -> None:
    """Asks a job to stop: SIGTERM now, SIGKILL two minutes later."""
    stop(ctx, Processing(), request["ProcessingJobName"])


@sagemaker.operation
def delete_processing_job(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets a job that has ended."""
    delete(ctx, PROCESSING_JOB, request["ProcessingJobName"])
