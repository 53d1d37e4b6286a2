"""Processing jobs: the container contract of aws-contracts D.5, from inputs to uploaded outputs."""

from __future__ import annotations

from pathlib import Path

from oficina.engine import failures, inputs, outputs, program
from oficina.engine.inputs import InputMissing, Source
from oficina.engine.jobs import JobFailed
from oficina.engine.machine import MachineMetrics
from oficina.engine.training import local_folder
from oficina.engine.watch import Step, Watch
from oficina.engine.workers import Engine
from oficina.runners.images import Image
from oficina.runners.process import Exit, Spec
from oficina.store.documents import Scope
from oficina.store.kinds import Document, Kind

PROCESSING_JOB = Kind(
    "ProcessingJob",
    arn="processing-job",
    missing=("ValidationException", "Could not find requested job with name: {name}"),
    taken=(
        "ResourceInUse",
        "Job name must be unique within an AWS account and region, "
        "and a job with this name already exists ({arn})",
    ),
)

LOG_GROUP = "/aws/sagemaker/ProcessingJobs"
WORKDIR = "/opt/ml/code"
"""Where a program starts: a folder to write in, as the root of AWS's images is and the machine's here is not.

Programs unpack models where they start, as ``evaluate.py`` of AWS's notebooks does.
"""


class Processing:
    """The life of a processing job."""

    kind = PROCESSING_JOB

    def stage(self, engine: Engine, docs: Scope, job: Document, folder: Path) -> Spec:
        """Inputs as links, the image, and the configuration files."""
        app = job["AppSpecification"]
        image = program.image_of(engine, app["ImageUri"])
        hosts = program.hosts_of(job["ProcessingResources"]["ClusterConfig"])
        try:
            staged = _inputs(engine, docs.account, job, hosts, folder)
        except InputMissing as missing:
            raise JobFailed(f"ClientError: Failed to download data. {missing}") from missing
        return _spec(engine, docs.region, job, image, hosts, staged, folder)

    def started(self, docs: Scope, job: Document, at: float) -> None:
        """The program runs."""
        docs.update(self.kind, job["ProcessingJobName"], {"ProcessingStartTime": at})

    def follow(self, engine: Engine, docs: Scope, job: Document, folder: Path) -> Watch:
        """Logs, machine metrics, continuous outputs."""
        name, store = job["ProcessingJobName"], engine.store
        hosts = program.hosts_of(job["ProcessingResources"]["ClusterConfig"])
        for host in hosts:
            stream = f"{name}/{host}-{int(job['CreationTime'])}"
            store.logs.attach(docs.account, docs.region, LOG_GROUP, stream, folder / "hosts" / host / "log")
        steps: list[Step] = [MachineMetrics(store, docs.account, docs.region, LOG_GROUP, name, folder)]
        for output in _s3_outputs(job):
            if output["S3UploadMode"] == "Continuous":
                for host in hosts:
                    local = local_folder(folder, host, output["LocalPath"])
                    steps.append(outputs.Mirror(store, docs.account, local, output["S3Uri"]))
        return Watch(steps)

    def finish(self, engine: Engine, docs: Scope, job: Document, folder: Path, end: Exit) -> Document:
        """Uploads the outputs of a program that ended well, and says how it ended."""
        job = docs.get(self.kind, job["ProcessingJobName"])
        status, reason = _verdict(job, end, folder)
        if status == "Completed":
            _upload(engine, docs.account, job, folder)
        return _ended(docs, status, reason, end.message)

    def failed(self, docs: Scope, job: Document, reason: str) -> Document:
        """The job could not run."""
        return _ended(docs, "Failed", reason, None)

    def stopped(self, docs: Scope, job: Document) -> Document:
        """The job was stopped before it ran."""
        return _ended(docs, "Stopped", None, None)


def _inputs(engine: Engine, account: str, job: Document, hosts: list[str], folder: Path) -> Document:
    staged: Document = {"inputs": [], "pipes": []}
    for item in job.get("ProcessingInputs", ()):
        if item.get("AppManaged"):
            continue  # the program fetches it by itself
        given = item["S3Input"]
        source = Source.of(given)
        found = inputs.items(engine.store, account, source)
        shares = list(enumerate(hosts)) if source.sharded and len(hosts) > 1 else [(0, None)]
        for number, host in shares:
            mine = inputs.share(found, source, number, len(hosts))
            place = folder / "inputs" / (host or "all") / item["InputName"]
            if given.get("S3InputMode") == "Pipe":
                channel = {"CompressionType": given.get("S3CompressionType")}
                files = inputs.stream_files(engine.store, account, channel, source, mine, place)
                staged["pipes"].append({"host": host, "target": given["LocalPath"], "files": files})
            else:
                inputs.link(engine.store, mine, place)
                staged["inputs"].append({"host": host, "target": given["LocalPath"], "lower": str(place)})
    staged["inputs"].sort(key=lambda each: each["target"].count("/"))
    return staged


def _s3_outputs(job: Document) -> list[Document]:
    """The outputs that go to S3, flattened."""
    found = job.get("ProcessingOutputConfig", {}).get("Outputs", ())
    return [each["S3Output"] for each in found if "S3Output" in each and not each.get("AppManaged")]


def _spec(
    engine: Engine, region: str, job: Document, image: Image, hosts: list[str], staged: Document, folder: Path
) -> Spec:
    app, cluster = job["AppSpecification"], job["ProcessingResources"]["ClusterConfig"]
    document = program.spec_base(engine, region, job, job["ProcessingJobArn"], image, folder)
    document["env"] |= {"PROCESSING_JOB_NAME": job["ProcessingJobName"], **job.get("Environment", {})}
    entry = [*app.get("ContainerEntrypoint", ()), *app.get("ContainerArguments", ())]
    config = {key: value for key, value in job.items() if not key.startswith("_")}
    files = [program.text_file("/opt/ml/config/processingjobconfig.json", config)]
    for host in hosts:
        told = program.resource_config(cluster, hosts, host)
        files.append(program.text_file("/opt/ml/config/resourceconfig.json", told, host))
    document |= {
        "name": job["ProcessingJobName"],
        "hosts": hosts,
        "command": entry or list(image.process),
        "workdir": WORKDIR,
        "host_env": {},
        "files": files,
        "directories": [
            WORKDIR,
            "/opt/ml/output",
            "/opt/ml/processing/input",
            "/opt/ml/processing/output",
            *(output["LocalPath"] for output in _s3_outputs(job)),
        ],
        "outputs": [
            {"source": output["LocalPath"], "as": output["LocalPath"], "kind": "tree"}
            for output in _s3_outputs(job)
        ],
        "max_runtime_seconds": job["StoppingCondition"]["MaxRuntimeInSeconds"],
        "stop_grace_seconds": 120,
        "disk_bytes": cluster["VolumeSizeInGB"] * program.GIB,
        **staged,
    }
    return Spec.of(document)


def _upload(engine: Engine, account: str, job: Document, folder: Path) -> None:
    """Every host's files below each output's folder; those of a Continuous output are there already."""
    hosts = program.hosts_of(job["ProcessingResources"]["ClusterConfig"])
    for output in _s3_outputs(job):
        if output["S3UploadMode"] == "EndOfJob":
            for host in hosts:
                local = local_folder(folder, host, output["LocalPath"])
                outputs.take_tree(engine.store, account, local, output["S3Uri"])


def _verdict(job: Document, end: Exit, folder: Path) -> tuple[str, str | None]:
    """Status and failure reason."""
    match end.reason:
        case "max_runtime":
            return "Stopped", None
        case "stopped":
            return "Stopped", None
        case "disk_full":
            return "Failed", program.disk_full(end)
        case "no_namespace" | "error":
            return "Failed", f"InternalServerError: {end.detail}"
    if job["ProcessingJobStatus"] == "Stopping":
        return "Stopped", None
    code, said = failures.code_of(end), failures.unsaid(end, folder)
    if code:
        reason = "AlgorithmError: See job logs for more information"
        return "Failed", f"{reason}. {said}, exit code: {code}" if said else reason
    return "Completed", None


def _ended(docs: Scope, status: str, reason: str | None, message: str | None) -> Document:
    return {
        "ProcessingJobStatus": status,
        "FailureReason": reason,
        "ExitMessage": message or None,
        "ProcessingEndTime": docs.clock.now(),
    }
