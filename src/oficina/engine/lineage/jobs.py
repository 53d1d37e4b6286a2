"""The lineage of jobs: a trial component for each, from its image, its data and what it made.

Kept when the program runs and, in the transaction of the job's end, once more; both put only what is missing.
Names and types are AWS's: the SDKs make ``JOB-aws-training-job`` themselves (sagemaker.lineage.visualizer).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from oficina.engine.hosting.kinds import MODEL, container_of
from oficina.engine.lineage.entities import artifact, data_of, join
from oficina.engine.lineage.kinds import TRIAL, TRIAL_COMPONENT
from oficina.store.documents import Scope
from oficina.store.experiments import Measure
from oficina.store.kinds import Document, Kind
from oficina.store.store import Store

_STATUS = {"InProgress": "InProgress", "Stopping": "Stopping", "Completed": "Completed", "Stopped": "Stopped"}
MAX_PARAMETERS = 300
"""The most parameters of a component (botocore, TrialComponentParameters)."""
_MAX_VALUE = 2048
"""The longest text of a parameter or an artifact (botocore)."""


@dataclass(frozen=True, slots=True)
class Thing:
    """Something with a URI that went into a job or came out of it."""

    label: str
    uri: str
    type: str
    media: str | None = None


def keep(store: Store, docs: Scope, kind: Kind, job: Document) -> None:
    """Puts the component of a job, its artifacts and the edges between. Part of the caller's transaction."""
    if kind.name not in _READERS:
        return
    inputs, outputs, parameters = _READERS[kind.name](docs, job)
    component = _component(store, docs, kind, job, inputs, outputs, parameters)
    for thing in inputs:
        join(store, docs, artifact(docs, thing.uri, thing.type), component, "ContributedTo")
    if job.get(kind.member("status")) == "Completed":
        for thing in outputs:
            join(store, docs, component, artifact(docs, thing.uri, thing.type), "Produced")


def _component(
    store: Store,
    docs: Scope,
    kind: Kind,
    job: Document,
    inputs: list[Thing],
    outputs: list[Thing],
    parameters: dict[str, Any],
) -> str:
    """The ARN of a job's component, which tells the job as it is now."""
    name = f"{job[kind.member('name')]}-aws-{kind.arn}"
    config = job.get("ExperimentConfig", {})
    status = job.get(kind.member("status"), "InProgress")
    members: Document = {
        "Status": {"PrimaryStatus": _STATUS.get(status, "Failed"), "Message": _message(kind, job, status)},
        "StartTime": job.get(_time(kind, "Start")),
        "EndTime": job.get(_time(kind, "End")),
    }
    if docs.find(TRIAL_COMPONENT, name) is None:
        document: Document = {
            "TrialComponentName": name,
            "DisplayName": config.get("TrialComponentDisplayName", name),
            "Source": {"SourceArn": job[kind.member("arn")], "SourceType": f"SageMaker{kind.name}"},
            "Parameters": dict(list(_parameters(parameters))[:MAX_PARAMETERS]),
            "InputArtifacts": _artifacts(inputs),
            "OutputArtifacts": _artifacts(outputs),
        }
        docs.create(TRIAL_COMPONENT, {**document, **{key: val for key, val in members.items() if val}})
    else:
        docs.update(TRIAL_COMPONENT, name, members)
    arn = docs.arn(TRIAL_COMPONENT, name)
    _associate(store, docs, config, name)
    _measure(store, arn, job)
    return arn


def _time(kind: Kind, end: str) -> str:
    return f"{kind.name.removesuffix('Job')}{end}Time"


def _message(kind: Kind, job: Document, status: str) -> str:
    reason = job.get("FailureReason")
    return f"Status: {status}, failure reason: {reason}"[:1024] if reason else f"Status: {status}"


def _associate(store: Store, docs: Scope, config: Document, component: str) -> None:
    """The component belongs to the trial that the job's ExperimentConfig names, when it is there."""
    trial = docs.find(TRIAL, config["TrialName"]) if config.get("TrialName") else None
    if trial is not None:
        store.experiments.associate(docs.account, docs.region, trial["TrialName"], component)


def _measure(store: Store, arn: str, job: Document) -> None:
    """The final metrics of a job, once."""
    final = job.get("FinalMetricDataList")
    if final and not store.experiments.summaries(arn):
        store.experiments.put(
            arn, [Measure(one["MetricName"], one["Value"], one["Timestamp"], None) for one in final]
        )


def _parameters(values: dict[str, Any]) -> Iterator[tuple[str, Document]]:
    """Parameters as a component holds them: numbers as numbers, everything else as text."""
    for name, value in values.items():
        if value is None:
            continue
        try:
            number = float(value)
        except (TypeError, ValueError):
            yield name[:320], {"StringValue": str(value)[:_MAX_VALUE]}
        else:
            finite = number - number == 0
            yield name[:320], {"NumberValue": number} if finite else {"StringValue": str(value)}


def _artifacts(things: list[Thing]) -> Document:
    found: Document = {}
    for thing in things[:30]:
        found[thing.label[:128]] = {"Value": thing.uri[:_MAX_VALUE]}
        if thing.media:
            found[thing.label[:128]]["MediaType"] = thing.media[:64]
    return found


Told = tuple[list[Thing], list[Thing], dict[str, Any]]
"""What went in, what came out, and the parameters."""


def _image(uri: str | None) -> list[Thing]:
    return [Thing("SageMaker.ImageUri", uri, "Image")] if uri else []


def _cluster(resources: Document) -> dict[str, Any]:
    """The machines of a job under the names that AWS gives them in a component."""
    return {
        f"SageMaker.{member}": resources.get(member)
        for member in ("InstanceType", "InstanceCount", "VolumeSizeInGB")
    }


def _training(docs: Scope, job: Document) -> Told:
    inputs = [
        Thing(channel["ChannelName"], source["S3Uri"], "DataSet", channel.get("ContentType"))
        for channel in job.get("InputDataConfig", ())
        if (source := channel["DataSource"].get("S3DataSource"))
    ]
    outputs = []
    model = job.get("ModelArtifacts", {}).get("S3ModelArtifacts")
    if model:
        outputs.append(Thing("SageMaker.ModelArtifact", model, "Model"))
    for member, label in (("CheckpointConfig", "Checkpoint"), ("TensorBoardOutputConfig", "TensorBoard")):
        place = job.get(member, {}).get("S3Uri") or job.get(member, {}).get("S3OutputPath")
        if place:
            outputs.append(Thing(f"SageMaker.{label}", place, label))
    image = job.get("AlgorithmSpecification", {}).get("TrainingImage")
    parameters = {**_cluster(job.get("ResourceConfig", {})), **job.get("HyperParameters", {})}
    return inputs + _image(image), outputs, parameters


def _processing(docs: Scope, job: Document) -> Told:
    inputs = [
        Thing(given["InputName"], given["S3Input"]["S3Uri"], "DataSet")
        for given in job.get("ProcessingInputs", ())
        if given.get("S3Input", {}).get("S3Uri")
    ]
    outputs = [
        Thing(made["OutputName"], made["S3Output"]["S3Uri"], "DataSet")
        for made in job.get("ProcessingOutputConfig", {}).get("Outputs", ())
        if made.get("S3Output", {}).get("S3Uri")
    ]
    cluster = job.get("ProcessingResources", {}).get("ClusterConfig", {})
    image = job.get("AppSpecification", {}).get("ImageUri")
    return inputs + _image(image), outputs, {**_cluster(cluster), **job.get("Environment", {})}


def _transform(docs: Scope, job: Document) -> Told:
    given = job.get("TransformInput", {})
    source = given.get("DataSource", {}).get("S3DataSource", {}).get("S3Uri")
    inputs = (
        [Thing("SageMaker.TransformInput", source, "DataSet", given.get("ContentType"))] if source else []
    )
    place = job.get("TransformOutput", {}).get("S3OutputPath")
    outputs = [Thing("SageMaker.TransformOutput", place, "DataSet")] if place else []
    container = container_named(docs, job.get("ModelName", ""))
    data = data_of(container)
    if data is not None:
        inputs.append(Thing("SageMaker.ModelArtifact", data, "Model"))
    parameters = {**_cluster(job.get("TransformResources", {})), **job.get("Environment", {})}
    return inputs + _image(container.get("Image")), outputs, parameters


def container_named(docs: Scope, model: str) -> Document:
    """The container of a model; nothing when the model is gone."""
    found = docs.find(MODEL, model)
    return {} if found is None else container_of(found)


_READERS = {"TrainingJob": _training, "ProcessingJob": _processing, "TransformJob": _transform}
