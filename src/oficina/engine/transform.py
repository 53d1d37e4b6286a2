"""Batch transform jobs: a model served for the job's length, asked by a driver beside it (aws-contracts D.7).

The driver (``runners/transform``) is the job's program, so that a transform job lives, stops, logs and is
taken up after a crash as any other job.
"""

from __future__ import annotations

from pathlib import Path

from oficina.chaos import point
from oficina.engine import inputs, program, transformcapture, transformspec
from oficina.engine.hosting import chains
from oficina.engine.hosting.chains import Chain
from oficina.engine.hosting.kinds import MODEL, HostingFailed, containers_of
from oficina.engine.inputs import InputMissing
from oficina.engine.jobs import JobFailed
from oficina.engine.machine import MachineMetrics
from oficina.engine.training import failure_reason
from oficina.engine.transformfiles import Files
from oficina.engine.watch import Watch
from oficina.engine.workers import Engine
from oficina.errors import AwsError
from oficina.runners.process import Exit, Spec
from oficina.store.documents import Scope
from oficina.store.kinds import Document, Kind

TRANSFORM_JOB = Kind(
    "TransformJob",
    arn="transform-job",
    missing=("ValidationException", "Could not find requested job with name: {name}"),
    taken=(
        "ResourceInUse",
        "Job name must be unique within an AWS account and region, "
        "and a job with this name already exists ({arn})",
    ),
)

LOG_GROUP = "/aws/sagemaker/TransformJobs"


class Transform:
    """The life of a batch transform job."""

    kind = TRANSFORM_JOB

    def stage(self, engine: Engine, docs: Scope, job: Document, folder: Path) -> Spec:
        """The model unpacked, the inputs as links, the driver's settings."""
        model = _model(docs, job["ModelName"])
        chain = Chain.of(engine, containers_of(model), chains.mode_of(model), folder)
        try:
            _check_targets(engine, docs.account, job)
            data = chain.fetch(engine.store, docs.account)
            files = Files.stage(engine.store, docs.account, job, folder, _hosts(job))
        except HostingFailed as failure:
            raise JobFailed(f"ClientError: {failure}") from failure
        except InputMissing as missing:
            raise JobFailed(f"ClientError: Data download failed:{missing}") from missing
        given, arn = {"RoleArn": model["ExecutionRoleArn"]}, job["TransformJobArn"]
        bases = [
            program.spec_base(engine, docs.region, given, arn, link.image, folder) for link in chain.links
        ]
        bases[0]["layers"].append(program.libraries())
        return transformspec.spec_of(bases, job, chain, data, files)

    def started(self, docs: Scope, job: Document, at: float) -> None:
        """The program runs."""
        docs.update(self.kind, job["TransformJobName"], {"TransformStartTime": at})

    def follow(self, engine: Engine, docs: Scope, job: Document, folder: Path) -> Watch:
        """Logs and machine metrics."""
        name, store = job["TransformJobName"], engine.store
        for place in sorted((folder / "hosts").iterdir()):
            stream = f"{name}/{place.name}-{int(job['CreationTime'])}"
            store.logs.attach(docs.account, docs.region, LOG_GROUP, stream, place / "log")
        return Watch([MachineMetrics(store, docs.account, docs.region, LOG_GROUP, name, folder)])

    def finish(self, engine: Engine, docs: Scope, job: Document, folder: Path, end: Exit) -> Document:
        """Uploads what is whole, and says how the job ended.

        A job that was stopped leaves nothing; one in which some files failed leaves the others (API
        reference, StopTransformJob and TransformOutput).
        """
        job = docs.get(self.kind, job["TransformJobName"])
        status, reason = _verdict(job, end)
        if status != "Stopped":
            files = Files.read(folder)
            files.take(
                engine.store, docs.account, transformspec.OUTPUT, job["TransformOutput"]["S3OutputPath"]
            )
            if status == "Completed" and "DataCaptureConfig" in job:
                point("transformed")
                transformcapture.keep(engine.store, docs.account, job, files)
                point("captured")
        return _ended(docs, status, reason)

    def failed(self, docs: Scope, job: Document, reason: str) -> Document:
        """The job could not run."""
        return _ended(docs, "Failed", reason)

    def stopped(self, docs: Scope, job: Document) -> Document:
        """The job was stopped before it ran."""
        return _ended(docs, "Stopped", None)


def _model(docs: Scope, name: str) -> Document:
    """The model, which may have been deleted since. Raises JobFailed."""
    try:
        return docs.get(MODEL, name)
    except AwsError as error:
        raise JobFailed(f"ClientError: {error.message}") from error


def _hosts(job: Document) -> list[str]:
    return program.hosts_of(job["TransformResources"])


def _check_targets(engine: Engine, account: str, job: Document) -> None:
    """That what the job makes will have a place. Raises InputMissing, JobFailed."""
    uris = [job["TransformOutput"]["S3OutputPath"]]
    uris += [job["DataCaptureConfig"]["DestinationS3Uri"]] if "DataCaptureConfig" in job else []
    for uri in uris:
        bucket, _ = inputs.split(uri)
        if not engine.store.objects.has_bucket(account, bucket):
            raise JobFailed(f"ClientError: {uri} cannot be written: The specified bucket does not exist")


def _verdict(job: Document, end: Exit) -> tuple[str, str | None]:
    """Status and failure reason."""
    if end.reason in ("stopped", "max_runtime") or job["TransformJobStatus"] == "Stopping":
        return "Stopped", None
    if end.reason == "disk_full":
        return "Failed", program.disk_full(end)
    if end.reason != "exit":
        return "Failed", f"InternalServerError: {end.detail}"
    text = (end.failure or "").strip()
    if text or end.exit_code:
        return "Failed", text or failure_reason(text, end.exit_code)
    return "Completed", None


def _ended(docs: Scope, status: str, reason: str | None) -> Document:
    return {"TransformJobStatus": status, "FailureReason": reason, "TransformEndTime": docs.clock.now()}
