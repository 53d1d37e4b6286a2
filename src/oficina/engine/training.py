"""Training jobs: the container contract of aws-contracts D.1, from channels to ``model.tar.gz``."""

from __future__ import annotations

import math
from pathlib import Path

from oficina.engine import failures, inputs, notebooks, outputs, program, warmpools
from oficina.engine.inputs import InputMissing, Source
from oficina.engine.jobmetrics import JobMetrics
from oficina.engine.jobs import JobFailed
from oficina.engine.machine import MachineMetrics
from oficina.engine.trainingjob import TRAINING_JOB as TRAINING_JOB
from oficina.engine.watch import Step, Watch
from oficina.engine.workers import Engine
from oficina.runners.images import Client, Image
from oficina.runners.process import Exit, Spec
from oficina.store.documents import Scope
from oficina.store.kinds import Document

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
NAMESPACE = "/aws/sagemaker/TrainingJobs"

MESSAGES = {
    "Starting": "Starting the training job",
    "Pending": "Training job waiting for capacity",
    "Downloading": "Downloading input data",
    "DownloadingTrainingImage": "Downloading the training image",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Stopping": "Stopping the training job",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
}
"""What AWS says at each transition (contracts, surface §7.3)."""


def transition(status: str, time: float) -> Document:
    """One entry of SecondaryStatusTransitions."""
    return {"Status": status, "StartTime": time, "StatusMessage": MESSAGES.get(status, status)}


def moved(job: Document, status: str, time: float) -> Document:
    """The changes to a document when the job enters a secondary status."""
    transitions = [dict(entry) for entry in job.get("SecondaryStatusTransitions", ())]
    if transitions:
        if transitions[-1]["Status"] == status:
            return {"SecondaryStatus": status}
        transitions[-1].setdefault("EndTime", time)
    transitions.append(transition(status, time))
    if status in ("Completed", "Failed", "Stopped", "MaxRuntimeExceeded"):
        transitions[-1]["EndTime"] = time
    return {"SecondaryStatus": status, "SecondaryStatusTransitions": transitions}


def begin(time: float, *, waiting: bool) -> Document:
    """The statuses of a job that was just created; one that has to wait for its turn is Pending."""
    changes = moved({}, "Starting", time)
    return moved(changes, "Pending", time) if waiting else changes


def artifacts_uri(job: Document) -> str:
    """Where the model goes: ``OUTPUT/JOB/output/model.tar.gz``, or a folder when it is not compressed."""
    output = job["OutputDataConfig"]
    folder = outputs.join(output["S3OutputPath"], f"{job['TrainingJobName']}/output")
    return f"{folder}/model/" if output.get("CompressionType") == "NONE" else f"{folder}/model.tar.gz"


class Training:
    """The life of a training job."""

    kind = TRAINING_JOB

    def _move(self, docs: Scope, name: str, status: str, **more: object) -> None:
        with docs.transaction():
            job = docs.get(self.kind, name)
            if job["TrainingJobStatus"] == "InProgress":
                docs.update(self.kind, name, {**moved(job, status, docs.clock.now()), **more})

    def stage(self, engine: Engine, docs: Scope, job: Document, folder: Path) -> Spec:
        """Inputs as links, the image, and the configuration files."""
        name = job["TrainingJobName"]
        self._move(docs, name, "Downloading")
        algorithm = job["AlgorithmSpecification"]
        client = Client.of(algorithm.get("ContainerArguments", ()))
        image = program.image_of(engine, algorithm["TrainingImage"], client=client)
        if image.metric_definitions and not algorithm.get("MetricDefinitions"):
            self._fill_metrics(docs, job, image)
        hosts = program.hosts_of(job["ResourceConfig"])
        try:
            staged = _channels(engine, docs.account, job, hosts, folder)
            _restore_checkpoints(engine, docs.account, job, hosts, folder)
        except InputMissing as missing:
            raise JobFailed(f"ClientError: Data download failed:{missing}") from missing
        return _spec(engine, docs.region, job, image, hosts, staged, folder)

    def _fill_metrics(self, docs: Scope, job: Document, image: Image) -> None:
        """AWS fills in the metric definitions of its own images (contracts, surface §3.3)."""
        algorithm = {
            **job["AlgorithmSpecification"],
            "MetricDefinitions": [dict(each) for each in image.metric_definitions],
            "EnableSageMakerMetricsTimeSeries": True,
        }
        job["AlgorithmSpecification"] = algorithm
        docs.update(self.kind, job["TrainingJobName"], {"AlgorithmSpecification": algorithm})

    def started(self, docs: Scope, job: Document, at: float) -> None:
        """The program runs; transitions stay as they are when a server takes the job up after another."""
        if job["SecondaryStatus"] != "Training":
            self._move(docs, job["TrainingJobName"], "Training", TrainingStartTime=at)

    def follow(self, engine: Engine, docs: Scope, job: Document, folder: Path) -> Watch:
        """Logs, metrics, checkpoints."""
        job = docs.get(self.kind, job["TrainingJobName"])
        name, store = job["TrainingJobName"], engine.store
        hosts = program.hosts_of(job["ResourceConfig"])
        logs = [folder / "hosts" / host / "log" for host in hosts]
        for host, path in zip(hosts, logs, strict=True):
            store.logs.attach(docs.account, docs.region, LOG_GROUP, _stream(job, host), path)
        steps: list[Step] = [MachineMetrics(store, docs.account, docs.region, LOG_GROUP, name, folder)]
        if job["AlgorithmSpecification"].get("MetricDefinitions"):
            steps.append(JobMetrics(store.metrics, docs, self.kind, job, NAMESPACE, logs))
        checkpoints = job.get("CheckpointConfig")
        if checkpoints:
            for host in hosts:
                local = local_folder(folder, host, checkpoints["LocalPath"])
                steps.append(outputs.Mirror(store, docs.account, local, checkpoints["S3Uri"]))
        return Watch(steps)

    def finish(self, engine: Engine, docs: Scope, job: Document, folder: Path, end: Exit) -> Document:
        """Uploads the model and the output, and says how it ended."""
        self._move(docs, job["TrainingJobName"], "Uploading")
        _upload(engine, docs.account, job, folder)
        job = docs.get(self.kind, job["TrainingJobName"])
        if notebooks.is_notebook_job(job):
            end = notebooks.explained(end, folder)
        status, secondary, reason = _verdict(job, end, folder)
        return _ended(docs, job, status, secondary, reason, end)

    def failed(self, docs: Scope, job: Document, reason: str) -> Document:
        """The job could not run."""
        job = docs.get(self.kind, job["TrainingJobName"])
        return _ended(docs, job, "Failed", "Failed", reason, None)

    def stopped(self, docs: Scope, job: Document) -> Document:
        """The job was stopped before it ran."""
        job = docs.get(self.kind, job["TrainingJobName"])
        return _ended(docs, job, "Stopped", "Stopped", None, None)


def _stream(job: Document, host: str) -> str:
    return f"{job['TrainingJobName']}/{host}-{int(job['CreationTime'])}"


def local_folder(folder: Path, host: str, path: str) -> Path:
    """Where a folder below ``/opt/ml`` of a host lies on this machine."""
    return folder / "hosts" / host / "opt-ml" / path.removeprefix("/opt/ml").strip("/")


def _channels(engine: Engine, account: str, job: Document, hosts: list[str], folder: Path) -> Document:
    """Links of every channel for every host: the ``inputs`` and ``pipes`` of the spec."""
    staged: Document = {"inputs": [], "pipes": []}
    default_mode = job["AlgorithmSpecification"].get("TrainingInputMode", "File")
    for channel in job.get("InputDataConfig", ()):
        source = Source.of(channel["DataSource"]["S3DataSource"])
        mode = channel.get("InputMode", default_mode)
        target = f"/opt/ml/input/data/{channel['ChannelName']}"
        if source.data_type == "AugmentedManifestFile" and mode != "Pipe":
            raise InputMissing("AugmentedManifestFile can only be used if the Channel's input mode is Pipe.")
        found = inputs.items(engine.store, account, source)
        receivers = program.hosts_in(job["ResourceConfig"], hosts, source.groups)
        for number, host in _each_share(source, receivers, hosts):
            mine = inputs.share(found, source, number, len(receivers))
            place = folder / "inputs" / (host or "all") / channel["ChannelName"]
            if mode == "Pipe":
                files = inputs.stream_files(engine.store, account, channel, source, mine, place)
                staged["pipes"].append({"host": host, "target": target, "files": files})
            else:
                inputs.link(engine.store, mine, place)
                staged["inputs"].append({"host": host, "target": target, "lower": str(place)})
    return staged


def _restore_checkpoints(engine: Engine, account: str, job: Document, hosts: list[str], folder: Path) -> None:
    """Copies of what an earlier job left, since a program may write into its checkpoints."""
    checkpoints = job.get("CheckpointConfig")
    if checkpoints is None:
        return
    bucket, prefix = inputs.split(checkpoints["S3Uri"])
    if not engine.store.objects.has_bucket(account, bucket):
        raise InputMissing(f"The bucket of CheckpointConfig.S3Uri, {bucket}, does not exist.")
    for each in engine.store.objects.iterate(account, bucket, prefix):
        name = inputs.local_name(each.key, prefix)
        if name:
            for host in hosts:
                inputs.copy(engine.store, each, local_folder(folder, host, checkpoints["LocalPath"]), name)


def _each_share(source: Source, receivers: list[str], hosts: list[str]) -> list[tuple[int, str | None]]:
    """Every receiver by itself when it has a share of its own or others get nothing, else all at once."""
    if (source.sharded and len(hosts) > 1) or receivers != hosts:
        return list(enumerate(receivers))
    return [(0, None)]


def _spec(
    engine: Engine, region: str, job: Document, image: Image, hosts: list[str], staged: Document, folder: Path
) -> Spec:
    algorithm, arn = job["AlgorithmSpecification"], job["TrainingJobArn"]
    document = program.spec_base(engine, region, job, arn, image, folder)
    document["env"] |= {
        "TRAINING_JOB_NAME": job["TrainingJobName"],
        "TRAINING_JOB_ARN": arn,
        **job.get("Environment", {}),
    }
    if notebooks.is_notebook_job(job):
        document["laid_anew"] = list(notebooks.LAID_ANEW)
    _share_pool(engine, document, job, hosts, folder)
    entry = [*algorithm.get("ContainerEntrypoint", ()), *algorithm.get("ContainerArguments", ())]
    document |= {
        "name": job["TrainingJobName"],
        "hosts": hosts,
        "command": entry or list(image.train),
        "workdir": "/opt/ml/code",
        "host_env": {},
        "files": _files(job, hosts),
        "directories": [
            "/opt/ml/code",
            "/opt/ml/model",
            "/opt/ml/output/data",
            "/opt/ml/input/data",
            *_more_folders(job),
        ],
        "outputs": _outputs(job),
        "max_runtime_seconds": job["StoppingCondition"].get("MaxRuntimeInSeconds"),
        "stop_grace_seconds": 120,
        "disk_bytes": (job["ResourceConfig"].get("VolumeSizeInGB") or 0) * program.GIB or None,
        **staged,
    }
    return Spec.of(document)


def _share_pool(engine: Engine, spec: Document, job: Document, hosts: list[str], folder: Path) -> None:
    """The folder of the job's warm pool, under the name that AWS gives it."""
    for host in hosts:
        place = warmpools.place(engine.store, job, host)
        if place is not None:
            spec["writable"] = [*spec["writable"], str(place)]
            spec["env"]["SAGEMAKER_MANAGED_WARMPOOL_CACHE_DIRECTORY"] = warmpools.CACHE
            link = local_folder(folder, host, warmpools.CACHE)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(place)


def _more_folders(job: Document) -> list[str]:
    checkpoints = job.get("CheckpointConfig")
    return [checkpoints["LocalPath"]] if checkpoints else []


def _outputs(job: Document) -> list[Document]:
    """The archives that the supervisor makes: data always, the model unless it is not compressed."""
    made = [{"source": "/opt/ml/output/data", "as": "output.tar.gz", "kind": "tar.gz"}]
    if job["OutputDataConfig"].get("CompressionType") != "NONE":
        made.append({"source": "/opt/ml/model", "as": "model.tar.gz", "kind": "tar.gz"})
    return made


def _files(job: Document, hosts: list[str]) -> list[Document]:
    default_mode = job["AlgorithmSpecification"].get("TrainingInputMode", "File")
    channels = {}
    for channel in job.get("InputDataConfig", ()):
        source = channel["DataSource"]["S3DataSource"]
        channels[channel["ChannelName"]] = {
            "ContentType": channel.get("ContentType"),
            "TrainingInputMode": channel.get("InputMode", default_mode),
            "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
            "RecordWrapperType": channel.get("RecordWrapperType", "None"),
        }
        if not channels[channel["ChannelName"]]["ContentType"]:
            del channels[channel["ChannelName"]]["ContentType"]
    folder = "/opt/ml/input/config"
    files = [
        program.text_file(f"{folder}/hyperparameters.json", job.get("HyperParameters", {})),
        program.text_file(f"{folder}/inputdataconfig.json", channels),
    ]
    if "CheckpointConfig" in job:
        files.append(program.text_file(f"{folder}/checkpointconfig.json", job["CheckpointConfig"]))
    for host in hosts:
        told = program.resource_config(job["ResourceConfig"], hosts, host)
        files.append(program.text_file(f"{folder}/resourceconfig.json", told, host))
    return files


def _upload(engine: Engine, account: str, job: Document, folder: Path) -> None:
    """The archives, or the model's files, become objects; one of nothing is left out, but for the model."""
    output = outputs.join(job["OutputDataConfig"]["S3OutputPath"], f"{job['TrainingJobName']}/output")
    hosts = program.hosts_of(job["ResourceConfig"])
    if job["OutputDataConfig"].get("CompressionType") == "NONE":
        for host in hosts:
            outputs.take_tree(
                engine.store, account, local_folder(folder, host, "/opt/ml/model"), f"{output}/model"
            )
    for name, local in (("model.tar.gz", "/opt/ml/model"), ("output.tar.gz", "/opt/ml/output/data")):
        path = folder / "out" / name
        filled = any(any(outputs.files(local_folder(folder, host, local))) for host in hosts)
        if path.exists() and (filled or name == "model.tar.gz"):
            outputs.take(engine.store, account, path, f"{output}/{name}")


def _verdict(job: Document, end: Exit, folder: Path) -> tuple[str, str, str | None]:
    """Status, secondary status and failure reason."""
    match end.reason:
        case "max_runtime":
            return "Stopped", "MaxRuntimeExceeded", None
        case "stopped":
            return "Stopped", "Stopped", None
        case "disk_full":
            return "Failed", "Failed", program.disk_full(end)
        case "no_namespace" | "error":
            return "Failed", "Failed", f"InternalServerError: {end.detail}"
    code = failures.code_of(end)
    if job["TrainingJobStatus"] == "Stopping":
        return "Stopped", "Stopped", None
    if not code:
        return "Completed", "Completed", None
    return "Failed", "Failed", failure_reason(end.failure or failures.unsaid(end, folder), code)


def failure_reason(text: str | None, code: int) -> str:
    """AWS's sentence for a program that failed, with what it left in ``/opt/ml/output/failure``."""
    text = (text or "").strip()
    prefix = (
        ""
        if text.startswith(("ClientError", "AlgorithmError", "InternalServerError"))
        else "AlgorithmError: "
    )
    return f"{prefix}{text}, exit code: {code}"


def _ended(
    docs: Scope, job: Document, status: str, secondary: str, reason: str | None, end: Exit | None
) -> Document:
    now = docs.clock.now()
    changes: Document = {
        "TrainingJobStatus": status,
        "FailureReason": reason,
        "TrainingEndTime": now,
        **moved(job, secondary, now),
    }
    if end is not None and end.started is not None:
        seconds = max(1, math.ceil((end.ended or now) - end.started))
        changes |= {"TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds * len(end.hosts)}
    launched = end is not None and end.started is not None
    healthy = end is None or end.reason not in ("error", "no_namespace", "disk_full")
    return changes | warmpools.ended(job, launched=launched, healthy=healthy)
