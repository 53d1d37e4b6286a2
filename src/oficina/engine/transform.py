"""Batch transform jobs: a model served for the job's length, asked by a driver beside it (aws-contracts D.7).

The driver (``runners/transform``) is the job's program, so that a transform job lives, stops, logs and is
taken up after a crash as any other job.
"""

from __future__ import annotations

from pathlib import Path

from oficina.engine import inputs, outputs, program
from oficina.engine.hosting import artifacts, ports
from oficina.engine.hosting.kinds import MODEL, HostingFailed, container_of
from oficina.engine.inputs import InputMissing, Source
from oficina.engine.jobs import JobFailed
from oficina.engine.machine import MachineMetrics
from oficina.engine.training import failure_reason, local_folder
from oficina.engine.watch import Watch
from oficina.engine.workers import Engine
from oficina.errors import AwsError
from oficina.runners import transform
from oficina.runners.images import Image
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
INPUT = "/opt/ml/input/data/transform"
OUTPUT = "/opt/ml/output/transform"
SETTINGS = "/opt/ml/input/config/transform.json"
DRIVER = Path(transform.__file__).parent


class Transform:
    """The life of a batch transform job."""

    kind = TRANSFORM_JOB

    def stage(self, engine: Engine, docs: Scope, job: Document, folder: Path) -> Spec:
        """The model unpacked, the inputs as links, the driver's settings."""
        container, role = _container(docs, job["ModelName"])
        image = program.image_of(engine, container["Image"])
        try:
            artifacts.fetch(engine.store, docs.account, container, folder / "model")
            staged = _inputs(engine, docs.account, job, folder)
        except HostingFailed as failure:
            raise JobFailed(f"ClientError: {failure}") from failure
        except InputMissing as missing:
            raise JobFailed(f"ClientError: Data download failed:{missing}") from missing
        given = {"RoleArn": role}
        document = program.spec_base(engine, docs.region, given, job["TransformJobArn"], image, folder)
        return _spec(document, job, container, image, staged, folder)

    def started(self, engine: Engine, docs: Scope, job: Document) -> None:
        """The program runs."""
        docs.update(self.kind, job["TransformJobName"], {"TransformStartTime": engine.clock.now()})

    def follow(self, engine: Engine, docs: Scope, job: Document, folder: Path) -> Watch:
        """Logs and machine metrics."""
        name, store = job["TransformJobName"], engine.store
        for host in _hosts(job):
            stream = f"{name}/{host}-{int(job['CreationTime'])}"
            store.logs.attach(docs.account, docs.region, LOG_GROUP, stream, folder / "hosts" / host / "log")
        return Watch([MachineMetrics(store, docs.account, docs.region, LOG_GROUP, name, folder)])

    def finish(self, engine: Engine, docs: Scope, job: Document, folder: Path, end: Exit) -> Document:
        """Uploads the ``.out`` objects of a job that ended well, and says how it ended."""
        job = docs.get(self.kind, job["TransformJobName"])
        status, reason = _verdict(job, end)
        if status == "Completed":
            for host in _hosts(job):
                uri = job["TransformOutput"]["S3OutputPath"]
                outputs.take_tree(engine.store, docs.account, local_folder(folder, host, OUTPUT), uri)
        return _ended(docs, status, reason)

    def failed(self, docs: Scope, job: Document, reason: str) -> Document:
        """The job could not run."""
        return _ended(docs, "Failed", reason)

    def stopped(self, docs: Scope, job: Document) -> Document:
        """The job was stopped before it ran."""
        return _ended(docs, "Stopped", None)


def _container(docs: Scope, name: str) -> tuple[Document, str]:
    """The container of a model and its role. Raises JobFailed."""
    try:
        model = docs.get(MODEL, name)
    except AwsError as error:
        raise JobFailed(f"ClientError: {error.message}") from error
    return container_of(model), model["ExecutionRoleArn"]


def _hosts(job: Document) -> list[str]:
    return program.hosts_of(job["TransformResources"])


def _inputs(engine: Engine, account: str, job: Document, folder: Path) -> list[Document]:
    """Every object of the input, shared among the hosts by key as batch transform does."""
    given = job["TransformInput"]["DataSource"]["S3DataSource"]
    source = Source(given["S3Uri"], given["S3DataType"], sharded=True)
    found, hosts = inputs.items(engine.store, account, source), _hosts(job)
    staged = []
    for number, host in enumerate(hosts):
        place = folder / "inputs" / host
        inputs.link(engine.store, inputs.share(found, source, number, len(hosts)), place)
        staged.append({"host": host, "target": INPUT, "lower": str(place)})
    return staged


def _spec(
    document: Document, job: Document, container: Document, image: Image, staged: list[Document], folder: Path
) -> Spec:
    hosts = _hosts(job)
    document["env"] |= _environment(job, container)
    given = {host: ports.free() for host in hosts}
    files = [program.text_file(SETTINGS, _settings(job, image, given[host]), host) for host in hosts]
    model = {"host": None, "target": "/opt/ml/model", "lower": str(folder / "model")}
    document |= {
        "name": job["TransformJobName"],
        "hosts": hosts,
        "command": ["python", str(DRIVER / "driver.py"), SETTINGS],
        "workdir": "/",
        "host_env": {host: {"SAGEMAKER_BIND_TO_PORT": str(port)} for host, port in given.items()},
        "files": files,
        "inputs": [*staged, model],
        "pipes": [],
        "directories": ["/opt/ml/output", OUTPUT],
        "outputs": [{"source": OUTPUT, "as": "transform", "kind": "tree"}],
        "max_runtime_seconds": None,
        "stop_grace_seconds": 30,
        "disk_bytes": None,
    }
    document["readonly"] = [*document.get("readonly", []), str(DRIVER)]
    return program.spec(document)


def _environment(job: Document, container: Document) -> dict[str, str]:
    """The container's variables, the job's, and what tells a container that it serves a batch."""
    env: dict[str, str] = {"SAGEMAKER_BATCH": "true"}
    if "MaxPayloadInMB" in job:
        env["SAGEMAKER_MAX_PAYLOAD_IN_MB"] = str(job["MaxPayloadInMB"])
    if "BatchStrategy" in job:
        single = job["BatchStrategy"] == "SingleRecord"
        env["SAGEMAKER_BATCH_STRATEGY"] = "SINGLE_RECORD" if single else "MULTI_RECORD"
    if job.get("MaxConcurrentTransforms"):
        env["SAGEMAKER_MAX_CONCURRENT_TRANSFORMS"] = str(job["MaxConcurrentTransforms"])
    return {**env, **container.get("Environment", {}), **job.get("Environment", {})}


def _settings(job: Document, image: Image, port: int) -> Document:
    source, target = job["TransformInput"], job["TransformOutput"]
    processing = job.get("DataProcessing", {})
    client = job.get("ModelClientConfig", {})
    content = source.get("ContentType", "text/csv")
    return {
        "command": list(image.serve),
        "port": port,
        "input": INPUT,
        "output": OUTPUT,
        "content_type": content,
        "accept": target.get("Accept") or content,
        "split": source.get("SplitType", "None"),
        "compression": source.get("CompressionType", "None"),
        "assemble": target.get("AssembleWith", "None"),
        "strategy": job.get("BatchStrategy"),
        "max_payload": job.get("MaxPayloadInMB"),
        "concurrency": job.get("MaxConcurrentTransforms"),
        "ask_parameters": True,
        "input_filter": processing.get("InputFilter", "$"),
        "output_filter": processing.get("OutputFilter", "$"),
        "join": processing.get("JoinSource", "None"),
        "timeout_seconds": client.get("InvocationsTimeoutInSeconds", 600),
        "retries": client.get("InvocationsMaxRetries", 3),
    }


def _verdict(job: Document, end: Exit) -> tuple[str, str | None]:
    """Status and failure reason."""
    if end.reason in ("stopped", "max_runtime") or job["TransformJobStatus"] == "Stopping":
        return "Stopped", None
    if end.reason == "disk_full":
        return "Failed", f"ClientError: {end.detail}"
    if end.reason != "exit":
        return "Failed", f"InternalServerError: {end.detail}"
    if end.exit_code:
        text = (end.failure or "").strip()
        return "Failed", text or failure_reason(text, end.exit_code)
    return "Completed", None


def _ended(docs: Scope, status: str, reason: str | None) -> Document:
    return {"TransformJobStatus": status, "FailureReason": reason, "TransformEndTime": docs.clock.now()}
